import { setTimeout as pause } from 'node:timers/promises';
import type { Policy } from '../config/settings.ts';
import { chatsOf, peopleNow } from '../jobs/approvals.ts';
import type { Clocks, Log } from '../jobs/ports.ts';
import type { Right } from '../policy/access.ts';
import { type Decider, deciderOf, type People } from '../policy/approvers.ts';
import { type AccountId, accountsOf, bare, chatOf } from '../policy/identity.ts';
import { markFor } from '../policy/lookalike.ts';
import type { Links } from '../store/links.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { GroupReads } from './group-reads.ts';
import { type LiveRead, LiveReads, type Readable } from './live-reads.ts';
import { oneLine } from './message/visible.ts';

/** What is needed to say who somebody is. */
export interface Registers {
  snapshots: Snapshots;
  links: Links;
  policy: Policy;
  clocks: Clocks;
}

/**
 * `kept`: as last read, however long ago, for opening forms; somebody new is read within their time. `fresh`: read
 * now where what is kept is missing or old. `live`: all accounts of the person are read now, for whoever decides, with the
 * groups that these rights hang on.
 */
export type Reading = 'kept' | 'fresh' | { live: readonly Right[] };

/** Whether somebody who was read so was read live for these rights. */
export const isLiveFor = (rights: readonly Right[], reading: Reading): boolean =>
  typeof reading === 'object' && rights.every((right) => reading.live.includes(right));

/** A form is there before another bot may take its event (`UNACKNOWLEDGED_MS`), and would open it as well, ms. */
const FORM_PATIENCE_MS = 700;

/** What somebody is called in cards and answers. A chat shows whatever name people give themselves there. */
export function nameFor(person: string | null, shown: string, { people }: Pick<Policy, 'people'>): string {
  const declared = people.find(({ key }) => key === person);
  if (declared) return declared.name;
  const name = oneLine(shown);
  return `${name}${markFor(name, people)}`;
}

export function everybody({ snapshots, links, policy, clocks }: Registers, maxAgeMs?: number): Promise<People> {
  return peopleNow({ snapshots, links, governance: policy, clocks }, maxAgeMs);
}

/** Who an account is and what it may, over all chats. Fails closed: what could not be read holds nothing. */
export class Standings {
  private readonly registers: Registers;
  private readonly reads: LiveReads;
  private readonly chats: ReadonlySet<string>;

  constructor(
    fronts: ReadonlyMap<string, Readable>,
    registers: Registers & { log: Log },
    groups = new GroupReads(registers.policy.access, registers.clocks),
  ) {
    this.registers = registers;
    this.reads = new LiveReads(fronts, groups, registers);
    this.chats = new Set([...fronts.keys(), ...chatsOf(registers.policy)]);
  }

  async of(account: AccountId, reading: Reading): Promise<Decider> {
    if (typeof reading === 'object') return this.live(account, reading.live);
    const people = await everybody(this.registers, reading === 'kept' ? Number.POSITIVE_INFINITY : undefined);
    const kept = people.memberOf(account)?.membership ?? 'unknown';
    // A deactivated account that acts was activated again.
    if (kept !== 'unknown' && kept !== 'deactivated') return deciderOf(account, people);
    const read = this.reads.read(account, []);
    // A form must be there within three seconds.
    const own = await (reading === 'kept' ? Promise.race([read, pause(FORM_PATIENCE_MS).then(() => null)]) : read);
    return judged(account, people, new Map(own ? [[bare(account), own]] : []));
  }

  /** Accounts that were joined while the chats were asked are read as well. */
  private async live(account: AccountId, rights: readonly Right[]): Promise<Decider> {
    const reads = new Map<AccountId, LiveRead>();
    for (;;) {
      const people = await everybody(this.registers);
      const missing = this.accountsOf(account, people).filter((own) => !reads.has(bare(own)));
      if (missing.length === 0) return judged(account, people, reads);
      await Promise.all(missing.map(async (own) => reads.set(bare(own), await this.reads.read(own, rights))));
    }
  }

  /** Of a chat that Podwarden is not meant to be in, nothing can be read, and nothing is decided there. */
  private accountsOf(account: AccountId, { registry }: People): AccountId[] {
    const all = accountsOf(account, registry).filter((own) => this.chats.has(chatOf(own)));
    return all.map((own) => (own === bare(account) ? account : own));
  }
}

function judged(account: AccountId, people: People, reads: ReadonlyMap<AccountId, LiveRead>): Decider {
  const memberOf = (other: AccountId) => {
    const read = reads.get(bare(other));
    return read ? read.member : people.memberOf(other);
  };
  const unread = [...reads.values()].find((read) => read.unread !== null)?.unread ?? null;
  // A click may name another workspace of the same company: what was read says which name counts.
  const named = reads.get(bare(account))?.member?.account ?? account;
  return deciderOf(named, { ...people, memberOf }, unread);
}

/** Whoever could not be read is told that nothing was changed. Where a bot before may have changed it, `unclear` is said. */
export const saidAs = (unclear: string | null, found: Decider): Decider =>
  unclear !== null && found.unread !== null ? { ...found, unread: unclear } : found;
