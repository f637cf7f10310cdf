import type { Client, PermissionResolvable } from 'discord.js';
import { PermissionFlagsBits as Bits, PermissionsBitField } from 'discord.js';
import type { PlaceRights } from '../front.ts';

type Named = [bit: bigint, name: string];

/** Without one of these nothing can be posted. Names as Discord's clients show them. */
const TO_POST: Named[] = [
  [Bits.ViewChannel, 'View Channel'],
  [Bits.SendMessages, 'Send Messages'],
  [Bits.EmbedLinks, 'Embed Links'],
];
const IN_THREADS = 'what belongs in a thread is posted in the channel';
/** What each of these is for has another way. */
const BETTER: [...Named, instead: string][] = [
  [Bits.CreatePublicThreads, 'Create Public Threads', IN_THREADS],
  [Bits.SendMessagesInThreads, 'Send Messages in Threads', IN_THREADS],
  [Bits.AttachFiles, 'Attach Files', 'charts and files are left out'],
  [Bits.ReadMessageHistory, 'Read Message History', 'a card may be posted twice after an outage'],
];

export function rightsFrom(held: PermissionResolvable): PlaceRights {
  const permissions = new PermissionsBitField(held);
  const missing = TO_POST.filter(([bit]) => !permissions.has(bit)).map(([, name]) => name);
  const lacks = BETTER.filter(([bit]) => !permissions.has(bit)).map(([, right, instead]) => ({ right, instead }));
  const wayOut = `Ask an admin of this server to give my role in this channel: ${missing.join(', ')}.`;
  return { closed: missing.length === 0 ? null : { why: `I lack ${missing.join(', ')}`, wayOut }, lacks };
}

/** As Discord computes it from roles and the channel's own rules; null before the server is known. */
export function rightsIn(client: Client, server: string | null, channel: string): PlaceRights | null {
  const guild = client.guilds.cache.get(server ?? '');
  if (!guild || guild.channels.cache.size === 0) return null;
  const found = guild.channels.cache.get(channel);
  if (!found) return GONE;
  const me = guild.members.me;
  return me === null ? null : rightsFrom(found.permissionsFor(me));
}

const GONE: PlaceRights = {
  closed: {
    why: 'Discord shows me no such channel in the server',
    wayOut: 'Correct its id in podwarden.yaml, or let my role see it.',
  },
  lacks: [],
};
