import { channelJson, isArchived } from './channels.ts';
import { ALL } from './permissions.ts';
import { memberJson } from './rest.ts';
import type { Json, Server } from './state.ts';

/** As GUILD_CREATE tells it. */
export function guildJson(guild: string, server: Server, now: number): Json {
  if (server.away.has(guild)) return { id: guild, unavailable: true };
  const all = [...server.channels.values()].filter((c) => c.recipient === null && server.guildOf(c.id) === guild);
  // Archived threads are told to nobody who does not ask.
  const threads = all.filter((c) => c.parent !== null && !isArchived(c, now));
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
    channels: all.filter((c) => c.parent === null).map((channel) => channelJson(channel, server, now)),
    threads: threads.map((thread) => channelJson(thread, server, now)),
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

/** What happens to the servers that the bot is in. */
export class Guilds {
  private readonly server: Server;
  private readonly dispatch: (t: string, d: Json) => void;
  private readonly now: () => number;

  constructor(server: Server, dispatch: (t: string, d: Json) => void, now: () => number) {
    this.server = server;
    this.dispatch = dispatch;
    this.now = now;
  }

  /** The bot is added to a server: ours again, or another. */
  join(guild: string, { refusesCommands = false } = {}): void {
    if (guild === this.server.guild) this.server.isIn = true;
    else this.server.others.set(guild, { refusesCommands });
    this.dispatch('GUILD_CREATE', guildJson(guild, this.server, this.now()));
  }

  /** The bot is removed from a server; or, where it is an `outage`, nobody was, and Discord cannot reach it. */
  leave(guild: string, isOutage = false): void {
    if (!isOutage && guild === this.server.guild) this.server.isIn = false;
    if (!isOutage) {
      this.server.others.delete(guild);
      this.server.away.delete(guild);
    }
    this.dispatch('GUILD_DELETE', { id: guild, ...(isOutage && { unavailable: true }) });
  }

  /** Discord reaches a server again that was away. */
  back(guild: string): void {
    this.server.away.delete(guild);
    this.dispatch('GUILD_CREATE', guildJson(guild, this.server, this.now()));
  }

  /** A moderator deletes a channel or a thread. */
  remove(id: string): void {
    const { server } = this;
    const found = server.channels.get(id);
    if (!found) throw new Error(`there is no channel ${id}`);
    const told = channelJson(found, server, this.now());
    server.channels.delete(id);
    this.dispatch(found.parent === null ? 'CHANNEL_DELETE' : 'THREAD_DELETE', told);
  }

  /** Somebody takes permissions from the bot in a channel; 0 gives them back. */
  deny(channelName: string, bits: bigint): void {
    const channel = this.server.channelNamed(channelName);
    channel.denied = bits;
    this.changed(channel.id);
  }

  /** Somebody gives permissions to the bot in a channel that it has nowhere else. */
  grant(channelName: string, bits: bigint): void {
    const channel = this.server.channelNamed(channelName);
    channel.granted = bits;
    this.changed(channel.id);
  }

  /** A moderator locks or unlocks a thread. */
  lock(thread: string, locked: boolean): void {
    const found = this.server.channels.get(thread);
    if (found) found.locked = locked;
    this.changed(thread);
  }

  private changed(id: string): void {
    const channel = this.server.channels.get(id);
    if (!channel) throw new Error(`there is no channel ${id}`);
    const event = channel.parent === null ? 'CHANNEL_UPDATE' : 'THREAD_UPDATE';
    this.dispatch(event, channelJson(channel, this.server, this.now()));
  }
}
