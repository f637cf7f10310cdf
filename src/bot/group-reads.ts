import { type AccessPolicy, groupsThatDecide, type Right } from '../policy/access.ts';
import { RECURRING } from '../policy/due.ts';
import { type AccountId, bare, chatOf } from '../policy/identity.ts';
import type { KeptMember } from '../store/shapes.ts';
import { Flights } from './flights.ts';
import type { Front, GroupMembers } from './front.ts';

/** What workers judge by later, from what was written at a click: it is written as read live, whatever was clicked. */
const JUDGED_LATER: readonly Right[] = ['approve'];
/**
 * At a deciding click, groups that its right does not hang on count as last read for this long: `refresh-people` reads all of
 * them as often, and its batch takes up to a minute.
 */
export const OTHER_GROUPS_MS = RECURRING['refresh-people'] + 60_000;

type Asked = Pick<Front, 'groupMembers' | 'namesGroups'>;

/** `at`: when the read began, on Podwarden's clock. */
interface GroupRead {
  members: ReadonlySet<AccountId>;
  at: number;
}

/** What is wanted of the groups of a chat. */
export interface GroupsWanted {
  /** Rights that are decided on now. */
  rights: readonly Right[];
  /** How old any other group may be, ms. */
  otherMs: number;
  /** The account as last read, by whichever bot. */
  kept?: KeptMember | null;
}

/**
 * Who is in the groups that rules name. A chat is asked for each of them by itself, and lets that be done some twenty times a
 * minute: a click asks only for those that decide it. The others are remembered, each with its own age.
 */
export class GroupReads {
  private readonly access: AccessPolicy;
  private readonly clocks: { now(): number };
  private readonly groups: readonly string[];
  private readonly last = new Map<string, GroupRead>();
  private readonly flights = new Flights<GroupRead | null>();

  constructor(access: AccessPolicy, clocks: { now(): number }) {
    this.access = access;
    this.clocks = clocks;
    this.groups = [...new Set(access.rules.flatMap(({ groups }) => groups))];
  }

  /** `at`: the age of the oldest; infinite where the chat names all groups with each member. @throws what the chat says. */
  async read(chat: string, front: Asked, wanted: GroupsWanted): Promise<{ members: GroupMembers; at: number }> {
    const deciding = groupsThatDecide([...JUDGED_LATER, ...wanted.rights], this.access);
    const own = front.namesGroups ? [] : this.groups.filter((group) => chatOf(group) === chat);
    const reads = await Promise.all(
      own.map(async (group) => {
        const lately = deciding.has(group) ? null : this.lately(group, wanted);
        return { group, read: lately ?? (await this.now(front, group)) };
      }),
    );
    const known = reads.flatMap(({ group, read }) => (read ? [{ group, ...read }] : []));
    const members = new Map(known.map((one) => [one.group, one.members]));
    return { members, at: Math.min(...known.map(({ at }) => at)) };
  }

  /** The newest of what this bot read and what stands with the account: another bot may have read it since. */
  private lately(group: string, { otherMs, kept }: GroupsWanted): GroupRead | null {
    const inIt = kept?.groups.includes(group) ? [bare(kept.account)] : [];
    const reads = [this.last.get(group), kept && { members: new Set(inIt), at: kept.readAt }];
    const now = this.clocks.now();
    // A stamp from the future was left by a clock that was wrong.
    const young = reads.filter((read) => !!read).filter(({ at }) => Math.abs(now - at) < otherMs);
    return young.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  private now(front: Asked, group: string): Promise<GroupRead | null> {
    return this.flights.share(group, async (sending) => {
      const at = this.clocks.now();
      sending();
      const members = (await front.groupMembers([group])).get(group);
      if (!members) return null;
      const read = { members, at };
      this.last.set(group, read);
      return read;
    });
  }
}
