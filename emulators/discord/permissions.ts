import type { DiscordChannel, Json, Server } from './state.ts';

/** Source: permissions, bitwise permission flags (read 2026-11). */
const VIEW_CHANNEL = 1n << 10n;
const SEND_MESSAGES = 1n << 11n;
const EMBED_LINKS = 1n << 14n;
const ATTACH_FILES = 1n << 15n;
const MANAGE_THREADS = 1n << 34n;
const CREATE_PUBLIC_THREADS = 1n << 35n;
const SEND_MESSAGES_IN_THREADS = 1n << 38n;
/** What a role has that was given everything a member may have. */
export const ALL = 2_248_473_465_835_073n | ATTACH_FILES;

/** Of the bot in a channel; a thread has those of the channel that it hangs on. */
export function permissionsIn(channel: string, server: Server): bigint {
  const { denied = 0n, granted = 0n } = server.roomOf(channel) ?? {};
  return (ALL & ~denied) | granted;
}

/** Whether a thread stays closed to the bot once it is archived. */
export function isLockedOut({ id, locked }: DiscordChannel, server: Server): boolean {
  return locked === true && (permissionsIn(id, server) & MANAGE_THREADS) === 0n;
}

export type Wanted = 'post' | 'thread';

/** Whether the bot sees that the channel is there. */
export function isShown(channel: string, server: Server): boolean {
  const guild = server.guildOf(channel);
  return server.guilds().includes(guild) && (permissionsIn(channel, server) & VIEW_CHANNEL) !== 0n;
}

/** Whether the bot lacks what this takes. Without View Channel it has no access at all, which has a code of its own. */
export function refusedIn(
  { id, parent, recipient }: DiscordChannel,
  what: Wanted,
  server: Server,
  body: Json = {},
  files = 0,
): 'access' | 'permissions' | null {
  if (recipient !== null) return null;
  const held = permissionsIn(id, server);
  if (!isShown(id, server)) return 'access';
  const needed = [
    what === 'thread' ? CREATE_PUBLIC_THREADS : parent === null ? SEND_MESSAGES : SEND_MESSAGES_IN_THREADS,
    ...(Array.isArray(body.embeds) && body.embeds.length > 0 ? [EMBED_LINKS] : []),
    ...(files > 0 ? [ATTACH_FILES] : []),
  ];
  return needed.every((bit) => (held & bit) !== 0n) ? null : 'permissions';
}
