import type { GuildBasedChannel, PermissionResolvable } from 'discord.js';
import { PermissionFlagsBits as Bits, PermissionsBitField } from 'discord.js';
import type { PlaceRights } from '../front.ts';

type Named = [bit: bigint, name: string];

const IN_THREADS = 'what belongs in a thread is posted in the channel';
/** Names as Discord's clients show them. */
const SEND_IN_THREADS: Named = [Bits.SendMessagesInThreads, 'Send Messages in Threads'];
/** Without one of these nothing can be posted. */
const toPost = (inThread: boolean): Named[] => [
  [Bits.ViewChannel, 'View Channel'],
  inThread ? SEND_IN_THREADS : [Bits.SendMessages, 'Send Messages'],
  [Bits.EmbedLinks, 'Embed Links'],
];
/** Threads have no threads of their own. */
const FOR_THREADS: [...Named, instead: string][] = [
  [Bits.CreatePublicThreads, 'Create Public Threads', IN_THREADS],
  [...SEND_IN_THREADS, IN_THREADS],
];
/** What each of these is for has another way. */
const BETTER: [...Named, instead: string][] = [
  [Bits.AttachFiles, 'Attach Files', 'charts and files are left out'],
  [Bits.ReadMessageHistory, 'Read Message History', 'a card may be posted twice after an outage'],
];

export function rightsFrom(held: PermissionResolvable, inThread: boolean): PlaceRights {
  const permissions = new PermissionsBitField(held);
  const missing = toPost(inThread)
    .filter(([bit]) => !permissions.has(bit))
    .map(([, name]) => name);
  const lacks = [...(inThread ? [] : FOR_THREADS), ...BETTER]
    .filter(([bit]) => !permissions.has(bit))
    .map(([, right, instead]) => ({ right, instead }));
  const wayOut = `Ask an admin of this server to give my role in this channel: ${missing.join(', ')}.`;
  return { closed: missing.length === 0 ? null : { why: `I lack ${missing.join(', ')}`, wayOut }, lacks };
}

/** Refusals that follow from what is read here: an unknown channel, one that we may not see, a permission that we lack. */
export const SHOWN: readonly string[] = ['10003', '50001', '50013'];

/** As Discord computes it from roles and the channel's own rules; a thread's are its channel's. Null where that is unknown. */
export function rightsIn(channel: GuildBasedChannel): PlaceRights | null {
  const { me } = channel.guild.members;
  const held = me && channel.permissionsFor(me);
  if (!held) return null;
  if (!channel.isThread()) return rightsFrom(held, false);
  const rights = rightsFrom(held, true);
  // A post brings an archived thread back, unless a moderator locked it.
  const isShut = channel.archived && channel.locked && !held.has(Bits.ManageThreads);
  return isShut && rights.closed === null ? { ...rights, closed: LOCKED } : rights;
}

const LOCKED = {
  why: 'the thread is archived and locked',
  wayOut: 'Ask a moderator to unlock it, or to give my role Manage Threads in its channel.',
};

export const elsewhere = (server: string, ours: string): PlaceRights => ({
  closed: {
    why: `it is in the Discord server ${server}, and I serve ${ours}`,
    wayOut: 'Name channels of one server in podwarden.yaml, or set DISCORD_GUILD_ID to the other.',
  },
  lacks: [],
});

export const GONE: PlaceRights = {
  closed: {
    why: 'Discord shows me no such channel in the server',
    wayOut: 'Correct its id in podwarden.yaml, or let my role see it.',
  },
  lacks: [],
};
