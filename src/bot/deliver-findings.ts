import type { Watch } from '../config/settings.ts';
import { mentions, NO_CHOICE } from '../policy/choices.ts';
import { concerned, type Finding } from '../policy/findings/finding.ts';
import { MONEY_RULES } from '../policy/findings/thresholds.ts';
import { chatOf, declaredFor, type PersonRef, type Place } from '../policy/identity.ts';
import { ownerKey } from '../policy/pod-names.ts';
import { type Copies, Overtaken } from './copies.ts';
import { ChatUnavailable, type Front, type MessageRef, PlaceClosed } from './front.ts';
import { type Message, note, plain, type Span, text } from './message/message.ts';
import type { Services } from './services.ts';
import { findingCard } from './views/findings/card.ts';
import { findingLines, type Watchers } from './views/findings/lines.ts';
import { type AccountsOf, mention } from './views/request-words.ts';

/** More names than anybody reads above one card. */
const MAX_MENTIONS = 8;

/** A channel that was archived or closed to us may be mended. */
const CLOSED_AGAIN_MS = 30_000;
const NOBODY: Watchers = { people: [], groups: [] };

type Choices = Awaited<ReturnType<Services['choices']['all']>>;

/** Keeps the cards of findings in every chat of their room as the records are now. */
export class DeliverFindings {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Services;
  private readonly copies: Copies;

  constructor(fronts: ReadonlyMap<string, Front>, services: Services, copies: Copies) {
    this.fronts = fronts;
    this.services = services;
    this.copies = copies;
  }

  /** @throws the last failure of a chat, after all others were told: it is tried again. */
  async card(id: string): Promise<void> {
    const { findings } = this.services;
    for (;;) {
      const all = (await findings.onCard(id)).filter(({ told }) => told);
      const [head] = all;
      if (!head) return;
      const shown = all.reduce((sum, finding) => sum + finding.shown, 0);
      const choices = await this.services.choices.all();
      const { failures, closed } = await this.everywhere(head, all, shown, choices);
      // Nobody could be told anywhere: it is kept until a channel takes it.
      if (closed) throw new ChatUnavailable('no channel takes this warning', CLOSED_AGAIN_MS);
      const failure = failures.find((error) => !(error instanceof Overtaken));
      if (failure) throw failure;
      if (failures.length > 0) continue;
      await this.direct(all, choices);
      await findings.told(id, shown);
      const now = (await findings.onCard(id)).filter(({ told }) => told);
      if (now.reduce((sum, finding) => sum + finding.shown, 0) === shown) return;
    }
  }

  /** One chat that is away does not keep the others from being told. */
  private async everywhere(
    head: Finding,
    all: Finding[],
    shown: number,
    choices: Choices,
  ): Promise<{ failures: unknown[]; closed: boolean }> {
    const failures: unknown[] = [];
    let told = 0;
    let shut = 0;
    for (const place of this.placesOf(head)) {
      const front = this.fronts.get(place.chat);
      if (!front) continue;
      try {
        await this.tell(front, place, all, shown, choices);
        told += 1;
      } catch (error) {
        if (error instanceof PlaceClosed) {
          shut += 1;
          this.services.log.warn({ card: head.card, error: error.message }, 'a finding cannot be posted');
        } else failures.push(error);
      }
    }
    return { failures, closed: shut > 0 && told === 0 && failures.length === 0 };
  }

  /** What somebody has spent is told only where money may be shown. */
  private placesOf({ room, rule }: Finding): Place[] {
    const { rooms, defaultRoom } = this.services.policy;
    const found = rooms.find(({ name }) => name === room) ?? rooms.find(({ name }) => name === defaultRoom);
    return (found?.channels ?? [])
      .filter(({ mirror, money }) => mirror && (money || rule !== 'budget'))
      .map(({ chat, channel }) => ({ chat, channel }));
  }

  /**
   * In the pod's own thread where there is one, with a line in the channel that leads there for what is more than a note;
   * else in the channel.
   */
  private async tell(front: Front, to: Place, all: Finding[], shown: number, choices: Choices): Promise<void> {
    const [head] = all;
    if (!head) return;
    const id = `finding-${head.card}`;
    const at = `${to.chat} ${to.channel}`;
    const over = all.every(({ status }) => status === 'resolved');
    // What was over before it could be said is nobody's news.
    if (over && (await this.copies.ref(id, `${at} card`)) === null) return;
    const owners = distinct(
      all.filter(({ status, snooze }) => status === 'open' && snooze === null),
      (who, finding) => this.speaksTo(finding, who, front.chat, choices),
    );
    // The account is nobody's own: whoever looks after its money is meant.
    const { people, groups } = MONEY_RULES.includes(head.rule) && !over ? this.watchers(head, front.chat) : NOBODY;
    const lead: Span[] = [
      ...new Map([...owners, ...people].map((who) => [who.person ?? who.account, who])).values(),
    ].flatMap((who, i) => [...(i === 0 ? [] : [plain(' ')]), mention(who, this.accountsOf)]);
    for (const group of groups) lead.push({ kind: 'group', groups: [group], name: 'billing' }, plain(' '));
    const message = findingCard(all, this.accountsOf, lead);
    const ping = [...owners, ...people].flatMap(this.accountsOf).filter((account) => chatOf(account) === front.chat);
    const own = await this.threadFor(id, all, at);
    const title = message.title ?? 'Warning';
    const options = own ? { ping, groups, thread: { of: own, title } } : { ping, groups };
    const card = await this.copies.upsert(front, { id, at: `${at} card`, revision: shown, to, message, options });
    if (own && (head.severity !== 'note' || (await this.copies.ref(id, `${at} line`)) !== null)) {
      const line = leading(message, front.link(card));
      await this.copies.upsert(front, { id, at: `${at} line`, revision: 1, to, message: line, options: { ping: [] } });
    }
    await this.lines(front, to, all, own ?? card, title, choices);
  }

  private async lines(
    front: Front,
    to: Place,
    all: Finding[],
    root: MessageRef,
    title: string,
    choices: Choices,
  ): Promise<void> {
    const [head] = all;
    const speaksTo = (who: PersonRef, finding: Finding) => this.speaksTo(finding, who, front.chat, choices);
    const watchers = (finding: Finding) => this.watchers(finding, front.chat);
    for (const line of findingLines(all, this.accountsOf, watchers, speaksTo)) {
      const { people, groups } = line.watch && head ? watchers(head) : { people: [], groups: [] };
      const ping = [...line.owners, ...people]
        .flatMap(this.accountsOf)
        .filter((account) => chatOf(account) === front.chat);
      const options = { ping, groups, thread: { of: root, title } };
      const copy = { id: `finding-${head?.card}`, at: `${to.chat} ${to.channel} ${line.key}`, revision: 1 };
      await this.copies.upsert(front, { ...copy, to, message: line.message, options });
    }
  }

  /** Where the card was posted first, there it stays: a pod's card that came later moves nothing. */
  private async threadFor(id: string, all: readonly Finding[], at: string): Promise<MessageRef | null> {
    const own = await this.ownThread(all, at);
    const posted = (await this.copies.ref(id, `${at} card`)) !== null;
    if (!own || (!posted && (await this.copies.once(id, `${at} in thread`)))) return own;
    return (await this.copies.ref(id, `${at} in thread`)) === null ? null : own;
  }

  /** The card of the pod in this chat, where the finding is about one pod. */
  private async ownThread(all: readonly Finding[], at: string): Promise<MessageRef | null> {
    const [only] = all;
    if (all.length !== 1 || !only || !('pod' in only.facts)) return null;
    const row = await this.services.ledger.byPod(only.facts.pod.id);
    return row ? this.copies.ref(row.id, at) : null;
  }

  private speaksTo(finding: Finding, who: PersonRef, chat: string, choices: Choices): boolean {
    return mentions(choices.get(ownerKey(who) ?? '') ?? NO_CHOICE, finding.severity, chat);
  }

  private readonly accountsOf: AccountsOf = (who) => [
    ...new Set([who.account, ...(declaredFor(who.account, this.services.policy.people)?.accounts ?? [])]),
  ];

  /** The money's keepers for money, and whoever keeps watch for all that may lose data. */
  private watchers({ rule, severity }: Finding, chat: string): Watchers {
    const { watch, people } = this.services.policy;
    const roles: Watch[] = MONEY_RULES.includes(rule) ? [watch.billing] : [watch.ops];
    if (rule === 'runway' && severity === 'critical') roles.push(watch.ops);
    const keys = roles.flatMap((role) => role.people);
    const here = [...new Set(roles.flatMap((role) => role.groups))].filter((group) => group.startsWith(`${chat}:`));
    const named = people.filter(({ key }) => keys.includes(key)).slice(0, MAX_MENTIONS);
    const refs = named.flatMap(({ key, name, accounts: [account] }) =>
      account === undefined ? [] : [{ account, person: key, name }],
    );
    return { people: refs, groups: here };
  }

  /** Whoever chose so gets it by direct message too; once, when it is first told. */
  private async direct(all: readonly Finding[], choices: Choices): Promise<void> {
    for (const finding of all.filter(({ status, owner }) => status === 'open' && owner !== null)) {
      const { owner } = finding;
      const choice = choices.get(ownerKey(owner) ?? '');
      if (!owner || !choice?.direct || !mentions({ ...choice, chat: null }, finding.severity, '')) continue;
      const chat = choice.chat ?? chatOf(owner.account);
      const account = this.accountsOf(owner).find((one) => chatOf(one) === chat) ?? owner.account;
      const first = await this.copies.once(`finding-${finding.id}`, `direct ${account}`);
      if (first) await this.services.tellPrivately(account, findingCard([finding], this.accountsOf, []));
    }
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
