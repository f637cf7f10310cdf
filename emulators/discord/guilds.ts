import type { Json, Server } from './state.ts';

/** The servers that the bot is in, others first. */
export function guildsOf(server: Server): string[] {
  return [...server.others.keys(), ...(server.isIn ? [server.guild] : [])];
}

/** As GUILD_CREATE tells it. */
export function guildJson(guild: string, server: Server): Json {
  const channels = [...server.channels.values()].filter(
    (c) => c.parent === null && c.recipient === null && (c.guild ?? server.guild) === guild,
  );
  return {
    id: guild,
    unavailable: false,
    name: 'Podwarden',
    owner_id: server.bot,
    member_count: server.users.size,
    joined_at: new Date(0).toISOString(),
    large: false,
    features: [],
    roles: [],
    channels: channels.map(({ id, name }) => ({ id, type: 0, name, position: 0, permission_overwrites: [] })),
    threads: [],
    members: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    emojis: [],
    stickers: [],
    soundboard_sounds: [],
  };
}
