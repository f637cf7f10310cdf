import { setTimeout as pause } from 'node:timers/promises';
import type { Policy } from '../config/settings.ts';
import { peopleNow } from '../jobs/approvals.ts';
import type { Clocks } from '../jobs/ports.ts';
import { type Decider, deciderOf, type MemberFacts, type People } from '../policy/approvers.ts';
import type { AccountId } from '../policy/identity.ts';
import { markFor } from '../policy/lookalike.ts';
import type { Links } from '../store/links.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { Front, Member } from './front.ts';
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
 * now where what is kept is missing or old. `live`: read now, for whoever decides.
 */
export type Reading = 'kept' | 'fresh' | 'live';

/** A live read is good for this long, real ms: of fifty clicks at once by one person one asks the platform. */
const LIVE_MS = 10_000;
const FORM_PATIENCE_MS = 1500;

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

/** Who an account is and what it may, of one chat. Fails closed: what could not be read holds nothing. */
export class Standings {
  private readonly front: Front;
  private readonly registers: Registers;
  private readonly live = new Map<AccountId, { until: number; member: Promise<Member | null> }>();

  constructor(front: Front, registers: Registers) {
    this.front = front;
    this.registers = registers;
  }

  async of(account: AccountId, reading: Reading): Promise<Decider> {
    const people = await everybody(this.registers, reading === 'kept' ? Number.POSITIVE_INFINITY : undefined);
    const kept = reading === 'live' ? null : people.memberOf(account);
    const own: MemberFacts | null = kept ?? (await this.readAndRemember(account, reading));
    return deciderOf(account, {
      ...people,
      memberOf: (other) => (other === account ? own : people.memberOf(other)),
    });
  }

  /** Who was never read before is remembered, so that a worker, which sees no chat, knows them too. */
  private async readAndRemember(account: AccountId, reading: Reading): Promise<Member | null> {
    const read = this.read(account);
    // A form must be there within three seconds.
    const member = await (reading === 'kept' ? Promise.race([read, pause(FORM_PATIENCE_MS).then(() => null)]) : read);
    const { snapshots } = this.registers;
    const members = await snapshots.members(this.front.chat);
    if (member && members && !members.accounts[account]) {
      await snapshots.saveMembers(this.front.chat, {
        ...members,
        accounts: { ...members.accounts, [account]: member },
      });
    }
    return member;
  }

  private read(account: AccountId): Promise<Member | null> {
    const now = this.registers.clocks.realNow();
    const cached = this.live.get(account);
    if (cached && cached.until > now) return cached.member;
    const member = this.front.member(account).catch(() => {
      this.live.delete(account);
      return null;
    });
    this.live.set(account, { until: now + LIVE_MS, member });
    return member;
  }
}

/** Reads membership and groups of everybody who matters in one chat, and keeps them. */
export async function refreshPeople(front: Front, snapshots: Snapshots, policy: Policy, clocks: Clocks): Promise<void> {
  const kept = await snapshots.members(front.chat);
  const declared = policy.people.flatMap((person) => person.accounts.filter((a) => a.startsWith(`${front.chat}:`)));
  const known = new Set([...declared, ...Object.keys(kept?.accounts ?? {})]);
  const members = await front.members([...known]);
  await snapshots.saveMembers(front.chat, { readAt: clocks.now(), accounts: Object.fromEntries(members) });
}
