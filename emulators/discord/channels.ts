import type { DiscordChannel, Json, Server } from './state.ts';

/** Types of channels. Source: channel object, channel types (read 2026-11). */
const TEXT = 0;
const DIRECT = 1;
const PUBLIC_THREAD = 11;

/** As GET /channels, GUILD_CREATE and CHANNEL_UPDATE tell it. */
export function channelJson(channel: DiscordChannel, server: Server, now: number): Json {
  const { id, name, denied, granted, parent, recipient } = channel;
  if (recipient !== null) return { id, type: DIRECT };
  const guild = server.guildOf(id);
  if (parent !== null) return { ...threadJson(channel, now), guild_id: guild };
  const ofBot = { id: server.bot, type: 1, allow: String(granted ?? 0n), deny: String(denied ?? 0n) };
  const overwrites = denied || granted ? [ofBot] : [];
  return { id, guild_id: guild, type: TEXT, name, position: 0, permission_overwrites: overwrites };
}

function threadJson(channel: DiscordChannel, now: number): Json {
  const { id, name, parent, active, locked } = channel;
  return {
    id,
    type: PUBLIC_THREAD,
    name,
    parent_id: parent,
    member_count: 1,
    message_count: 0,
    thread_metadata: {
      archived: isArchived(channel, now),
      auto_archive_duration: (active?.archiveMs ?? 4320 * 60_000) / 60_000,
      archive_timestamp: new Date(active?.at ?? 0).toISOString(),
      locked: locked ?? false,
    },
  };
}

/** A thread in which nobody posts archives itself; a post, not an edit, brings it back. */
export function isArchived({ archived, active }: DiscordChannel, now: number): boolean {
  return archived || (active !== null && now - active.at > active.archiveMs);
}
