import { ALL } from './permissions.ts';
import { memberJson } from './rest.ts';
import type { DiscordChannel, Json, Server } from './state.ts';

/** As GUILD_CREATE tells it. */
export function guildJson(guild: string, server: Server): Json {
  const channels = [...server.channels.values()].filter(
    (c) => c.parent === null && c.recipient === null && (c.guild ?? server.guild) === guild,
  );
  return {
    id: guild,
    unavailable: false,
    name: 'Podwarden',
    // An owner may do everything, and no bot is one.
    owner_id: '900000000000000009',
    member_count: server.users.size,
    joined_at: new Date(0).toISOString(),
    large: false,
    features: [],
    // Everybody's role has the server's id.
    roles: [{ id: guild, name: '@everyone', permissions: String(ALL), position: 0, colors: {}, flags: 0 }],
    channels: channels.map((channel) => channelJson(channel, server)),
    threads: [],
    // Without the privileged intent only the bot itself.
    members: [memberJson({ id: server.bot, name: 'podwarden', roles: [] })],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    emojis: [],
    stickers: [],
    soundboard_sounds: [],
  };
}

/** As CHANNEL_UPDATE tells it. */
function channelJson({ id, name, guild, denied }: DiscordChannel, server: Server): Json {
  const overwrites = denied ? [{ id: server.bot, type: 1, allow: '0', deny: String(denied) }] : [];
  return { id, guild_id: guild ?? server.guild, type: 0, name, position: 0, permission_overwrites: overwrites };
}

/** What happens to the servers that the bot is in. */
export class Guilds {
  private readonly server: Server;
  private readonly dispatch: (t: string, d: Json) => void;

  constructor(server: Server, dispatch: (t: string, d: Json) => void) {
    this.server = server;
    this.dispatch = dispatch;
  }

  /** The bot is added to a server: ours again, or another. */
  join(guild: string, { refusesCommands = false } = {}): void {
    if (guild === this.server.guild) this.server.isIn = true;
    else this.server.others.set(guild, { refusesCommands });
    this.dispatch('GUILD_CREATE', guildJson(guild, this.server));
  }

  /** The bot is removed from a server; or, where it is an `outage`, nobody was, and Discord cannot reach it. */
  leave(guild: string, isOutage = false): void {
    if (!isOutage && guild === this.server.guild) this.server.isIn = false;
    if (!isOutage) this.server.others.delete(guild);
    this.dispatch('GUILD_DELETE', { id: guild, ...(isOutage && { unavailable: true }) });
  }

  /** Somebody takes permissions from the bot in a channel; 0 gives them back. */
  deny(channelName: string, bits: bigint): void {
    const channel = this.server.channelNamed(channelName);
    channel.denied = bits;
    this.dispatch('CHANNEL_UPDATE', channelJson(channel, this.server));
  }
}
