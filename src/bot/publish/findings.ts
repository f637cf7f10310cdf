import type { Watch } from '../../config/settings.ts';
import { mentions, NO_CHOICE } from '../../policy/choices.ts';
import { channelSubject } from '../../policy/findings/blind.ts';
import { concerned, type Finding } from '../../policy/findings/finding.ts';
import { MONEY_RULES } from '../../policy/findings/thresholds.ts';
import { chatOf, type PersonRef, type Place } from '../../policy/identity.ts';
import { ownerKey } from '../../policy/pod-names.ts';
import type { MessageRef } from '../front.ts';
import { type Message, note, plain, type Span, text } from '../message/message.ts';
import { mirrorsOf } from '../rooms.ts';
import type { Services } from '../services.ts';
import { findingCard } from '../views/findings/card.ts';
import { findingLines, type Watchers } from '../views/findings/lines.ts';
import { type AccountsOf, mention } from '../views/request-words.ts';
import { accountsKnown, peopleNamed } from './addressees.ts';
import type { Copies } from './copies.ts';
import type { Part, PartThread, Publication } from './publication.ts';
import { slotOf } from './publisher.ts';

/** More names than anybody reads above one card. */
const MAX_MENTIONS = 8;
const NOBODY: Watchers = { people: [], groups: [] };

type Choices = Awaited<ReturnType<Services['choices']['all']>>;

/** What several messages of one card rest on. */
interface Context {
  services: Services;
  copies: Copies;
  choices: Choices;
  accountsOf: AccountsOf;
}

/** The card of findings in every chat of their room, and the lines below it. */
export async function findingPublication(
  card: string,
  services: Services,
  copies: Copies,
): Promise<Publication | null> {
  const { findings } = services;
  const read = async () => (await findings.onCard(card)).filter(({ told }) => told);
  const all = await read();
  const [head] = all;
  if (!head) return null;
  const shown = revisionOf(all);
  const context = { services, copies, choices: await services.choices.all(), accountsOf: accountsKnown(services) };
  const mirrors = mirrorsFor(head, services);
  const places = mirrors
    .filter(({ money }) => money || head.rule !== 'budget')
    .map(async ({ chat, channel, money }) => {
      const to = { chat, channel };
      return { to, parts: await partsAt(to, all, shown, money, context) };
    });
  const { people } = watchers(head, '', services);
  const owners = all.filter(isPressing).flatMap(concerned);
  return {
    id: publicationId(head),
    revision: shown,
    places: await Promise.all(places),
    elsewhere: [],
    card: findingCard(
      all,
      context.accountsOf,
      [],
      mirrors.every(({ money }) => money),
    ),
    isNews: !all.every(isOver),
    concerns: owners.length > 0 ? owners : people,
    done: async () => {
      await tellDirectly(all, context);
      await findings.told(card, shown);
    },
    isCurrent: async () => revisionOf(await read()) === shown,
  };
}

const publicationId = ({ card }: Finding) => `finding-${card}`;
const revisionOf = (all: readonly Finding[]) => all.reduce((sum, { shown }) => sum + shown, 0);
const isOver = ({ status }: Finding) => status === 'resolved';
const isPressing = ({ status, snooze }: Finding) => status === 'open' && snooze === null;

/** The channels of its room; `money`: whether what is spent may be shown there. */
function mirrorsFor({ room }: Finding, services: Services) {
  const { rooms, defaultRoom } = services.policy;
  const isRoom = rooms.some(({ name }) => name === room);
  return mirrorsOf(isRoom ? room : (defaultRoom ?? ''), services);
}

/**
 * In the pod's own thread where there is one, with a line in the channel that leads there for what is more than a note;
 * else in the channel.
 */
async function partsAt(to: Place, all: Finding[], shown: number, money: boolean, context: Context): Promise<Part[]> {
  const { copies, accountsOf } = context;
  const [head] = all;
  if (!head) return [];
  const id = publicationId(head);
  // What was over before it could be said is nobody's news.
  if (all.every(isOver) && (await copies.ref(id, slotOf(to, 'card'))) === null) return [];
  const { lead, ping, groups } = called(to.chat, all, head, context);
  const message = findingCard(all, accountsOf, lead, money);
  const own = await threadFor(id, all, to, context);
  const title = message.title ?? 'Warning';
  const thread: PartThread = { of: own ? { ref: own } : 'card', title };
  const card: Part = { key: 'card', isCard: true, revision: shown, message, ping, groups, ...(own ? { thread } : {}) };
  const isLed = own && (head.severity !== 'note' || (await copies.ref(id, slotOf(to, 'line'))) !== null);
  const line: Part = { key: 'line', revision: 1, message: (linkOf) => leading(message, linkOf('card')) };
  // A channel that takes no messages hears that it does again, and not all that it missed about itself.
  const lines =
    head.subject === channelSubject(to) ? [] : linesAt({ chat: to.chat, money }, all, head, thread, context);
  return [card, ...(isLed ? [line] : []), ...lines];
}

/** Only whoever runs Podwarden can mend it. */
const isForAdmins = ({ facts }: Finding) => facts.rule === 'blind' && facts.what === 'presets';

/** Whom the card mentions. The account is nobody's own: whoever looks after its money is meant. */
function called(chat: string, all: readonly Finding[], head: Finding, context: Context) {
  const { services, accountsOf, choices } = context;
  const owners = distinct(all.filter(isPressing), (who, finding) => speaksTo(finding, who, chat, choices));
  const isForWatch = (MONEY_RULES.includes(head.rule) || isForAdmins(head)) && !all.every(isOver);
  const { people, groups } = isForWatch ? watchers(head, chat, services) : NOBODY;
  const named = [...new Map([...owners, ...people].map((who) => [who.person ?? who.account, who])).values()];
  const lead: Span[] = named.flatMap((who, i) => [...(i === 0 ? [] : [plain(' ')]), mention(who, accountsOf)]);
  for (const group of groups) lead.push({ kind: 'group', groups: [group], name: 'whoever keeps watch' }, plain(' '));
  return { lead, ping: [...owners, ...people].flatMap(accountsOf), groups };
}

function linesAt(
  { chat, money }: { chat: string; money: boolean },
  all: Finding[],
  head: Finding,
  thread: PartThread,
  context: Context,
): Part[] {
  const { services, accountsOf, choices } = context;
  const speaks = (who: PersonRef, finding: Finding) => speaksTo(finding, who, chat, choices);
  const watching = (finding: Finding) => watchers(finding, chat, services);
  return findingLines(all, accountsOf, watching, speaks, money).map((line) => {
    const { people, groups } = line.watch ? watching(head) : NOBODY;
    const ping = [...line.owners, ...people].flatMap(accountsOf);
    return { key: line.key, revision: 1, message: line.message, thread, ping, groups };
  });
}

/** Where the card was posted first, there it stays: a pod's card that came later moves nothing. */
async function threadFor(id: string, all: readonly Finding[], to: Place, context: Context): Promise<MessageRef | null> {
  const { copies } = context;
  const own = await ownThread(all, to, context);
  const isPosted = (await copies.ref(id, slotOf(to, 'card'))) !== null;
  if (!own || (!isPosted && (await copies.once(id, slotOf(to, 'in thread'))))) return own;
  return (await copies.ref(id, slotOf(to, 'in thread'))) === null ? null : own;
}

/** The card of the pod in this chat, where the finding is about one pod. */
async function ownThread(
  all: readonly Finding[],
  to: Place,
  { services, copies }: Context,
): Promise<MessageRef | null> {
  const [only] = all;
  if (all.length !== 1 || !only || !('pod' in only.facts)) return null;
  const row = await services.ledger.byPod(only.facts.pod.id);
  return row ? copies.ref(row.id, slotOf(to, '')) : null;
}

const speaksTo = (finding: Finding, who: PersonRef, chat: string, choices: Choices): boolean =>
  mentions(choices.get(ownerKey(who) ?? '') ?? NO_CHOICE, finding.severity, chat);

/** The money's keepers for money, and whoever keeps watch for all that may lose data. */
function watchers({ rule, severity }: Finding, chat: string, services: Services): Watchers {
  const { watch } = services.policy;
  const roles: Watch[] = MONEY_RULES.includes(rule) ? [watch.billing] : [watch.ops];
  if (rule === 'runway' && severity === 'critical') roles.push(watch.ops);
  const keys = roles.flatMap((role) => role.people);
  const groups = [...new Set(roles.flatMap((role) => role.groups))].filter((group) => chatOf(group) === chat);
  return { people: peopleNamed(keys, services).slice(0, MAX_MENTIONS), groups };
}

/** Whoever chose so gets it by direct message too; once, when it is first told. */
async function tellDirectly(
  all: readonly Finding[],
  { services, copies, choices, accountsOf }: Context,
): Promise<void> {
  for (const finding of all.filter(({ status, owner }) => status === 'open' && owner !== null)) {
    const { owner } = finding;
    const choice = choices.get(ownerKey(owner) ?? '');
    if (!owner || !choice?.direct || !mentions({ ...choice, chat: null }, finding.severity, '')) continue;
    const chat = choice.chat ?? chatOf(owner.account);
    const account = accountsOf(owner).find((one) => chatOf(one) === chat) ?? owner.account;
    const isFirst = await copies.once(`finding-${finding.id}`, `direct ${account}`);
    const sums = mirrorsFor(finding, services).some((mirror) => mirror.chat === chat && mirror.money);
    if (isFirst) await services.tellPrivately(account, findingCard([finding], accountsOf, [], sums));
  }
}

function leading({ title, tone }: Message, link: string | null): Message {
  const said = link === null ? text(title ?? '') : text({ kind: 'link', text: title ?? 'Warning', url: link });
  return note(tone, said);
}

function distinct(findings: readonly Finding[], wanted: (who: PersonRef, finding: Finding) => boolean): PersonRef[] {
  const known = findings.flatMap((finding) => concerned(finding).filter((who) => wanted(who, finding)));
  return [...new Map(known.map((owner) => [owner.person ?? owner.account, owner])).values()].slice(0, MAX_MENTIONS);
}
