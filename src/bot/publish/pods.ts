import { chatOf, declaredFor, type Place } from '../../policy/identity.ts';
import type { Row } from '../../policy/ledger.ts';
import { giveAnswer } from '../answers.ts';
import type { Front } from '../front.ts';
import { plain, type Span } from '../message/message.ts';
import type { Services } from '../services.ts';
import { type CardSurroundings, podCard, podLines } from '../views/pod-card.ts';
import { podOfRow } from '../views/words.ts';
import type { Copies } from './copies.ts';
import type { Part, Publication } from './publication.ts';
import { slotOf } from './publisher.ts';

/** More names than anybody reads above one card. */
const MAX_MENTIONS = 8;

/** The card of a row, and the line that its ending asks for; null where there is no such row. */
export async function podPublication(
  id: string,
  services: Services,
  copies: Copies,
  fronts: ReadonlyMap<string, Front>,
): Promise<Publication | null> {
  const { ledger } = services;
  const row = await ledger.get(id);
  if (!row) return null;
  const around = await surroundings(row, services);
  // A pod that was made elsewhere and has no card gets none for its end: whoever asked for that hears it on the request's
  // card.
  const isSilent = row.status === 'terminated' && row.spec === null && !(await copies.ref(id, slotOf(row.home, '')));
  const places = isSilent ? [] : placesOf(row, services);
  return {
    id,
    revision: row.rev,
    places: places.map((to) => ({ to, parts: partsAt(to, row, around, services) })),
    elsewhere: othersOf(row, services).filter((other) => !places.includes(other)),
    card: podCard(row, around),
    isNews: !isSilent,
    concerns: [row.by],
    done: async () => {
      await answerTask(row, around, services, fronts);
      await ledger.told(id, row.rev);
    },
    isCurrent: async () => (await ledger.get(id))?.rev === row.rev,
  };
}

/** Where it was typed; what waits for a decision also in the room's other chats, where money may be shown. */
const placesOf = (row: Row, services: Services): Place[] =>
  row.ask === null ? [row.home] : [row.home, ...othersOf(row, services)];

function othersOf({ home, room }: Row, { policy }: Services): Place[] {
  const channels = policy.rooms.find(({ name }) => name === room)?.channels ?? [];
  const others = channels.filter(({ chat, mirror, money }) => chat !== home.chat && mirror && money);
  return others.map(({ chat, channel }) => ({ chat, channel }));
}

function partsAt(to: Place, row: Row, around: CardSurroundings & { accounts: readonly string[] }, services: Services) {
  const { lead, ping, groups } = called(to.chat, row, services);
  const message = { ...podCard(row, around), ...(lead.length > 0 ? { lead } : {}) };
  const card: Part = { key: '', isCard: true, revision: row.rev, message, ping, groups };
  // Who waits for it waits where it was typed.
  const lines = to === row.home ? podLines(row, around) : [];
  const own = around.accounts.filter((account) => chatOf(account) === to.chat);
  const thread = { of: '', title: podOfRow(row) };
  return [card, ...lines.map((line): Part => ({ ...line, revision: 1, thread, ping: own }))];
}

/** Whoever keeps watch is called to a decision; not by those who asked for it. */
function called(chat: string, { status, by }: Row, { policy }: Services) {
  if (status !== 'asking') return { lead: [], ping: [], groups: [] };
  const { watch, people } = policy;
  const named = people.filter(({ key }) => watch.ops.people.includes(key) && key !== by.person);
  const groups = watch.ops.groups.filter((group) => chatOf(group) === chat);
  const mentions: Span[] = [
    ...named.map(({ accounts, name }): Span => ({ kind: 'user', accounts, name })),
    ...groups.map((group): Span => ({ kind: 'group', groups: [group], name: 'approvers' })),
  ].slice(0, MAX_MENTIONS);
  return {
    lead: mentions.flatMap((one, i) => (i === 0 ? [one] : [plain(' '), one])),
    ping: named.flatMap(({ accounts }) => accounts.filter((account) => chatOf(account) === chat)),
    groups,
  };
}

async function surroundings(row: Row, { policy, snapshots, clocks }: Services) {
  const person = declaredFor(row.by.account, policy.people);
  const catalogue = await snapshots.catalogue();
  const accounts = [...new Set([row.by.account, ...(person?.accounts ?? [])])];
  return { now: clocks.now(), catalogue: catalogue?.gpus ?? [], accounts };
}

/** Whoever pressed Stop or Start away from the card hears privately how it ended; once, since the answer is then gone. */
async function answerTask(
  row: Row,
  around: CardSurroundings,
  { replies, log }: Services,
  fronts: ReadonlyMap<string, Front>,
): Promise<void> {
  const { task } = row;
  if (!task || task.state === 'open' || task.reply === null || !(await replies.get(task.reply))) return;
  await replies.fill(task.reply, { view: 'message', message: podCard(row, around) });
  await giveAnswer(task.reply, replies, fronts, log);
}
