import { chatsOf, FRESH_MS } from '../../jobs/approvals.ts';
import { type AccountId, bare } from '../../policy/identity.ts';
import type { Members } from '../../store/shapes.ts';
import { BATCH, NEXT_BATCH_MS } from '../people-reads.ts';
import type { Services } from '../services.ts';
import type { PeopleHealth } from '../views/people-health.ts';

/** What the last reads of people came to, by chat. */
export function readPeopleHealth({
  snapshots,
  clocks,
  policy,
}: Pick<Services, 'snapshots' | 'clocks' | 'policy'>): Promise<PeopleHealth[]> {
  return Promise.all(
    chatsOf(policy).map(async (chat) => {
      const [kept, unread] = await Promise.all([snapshots.members(chat), snapshots.unreadPeople(chat)]);
      // Of whom the chat shows nothing, only the account is known.
      const named = Object.values(kept.accounts).filter(({ membership }) => membership !== 'unknown');
      const shown = new Map(named.map((one) => [bare(one.account), one.name]));
      const nameOf = (id: AccountId) => policy.people.find(({ accounts }) => accounts.map(bare).includes(id))?.name;
      return {
        chat,
        count: kept.count,
        readAt: kept.readAt,
        old: howOld(kept, clocks.now()),
        failing: unread.chat,
        unread: [...unread.accounts].map(([account, { why, since }]) => ({
          account,
          name: nameOf(account) ?? shown.get(account) ?? null,
          why,
          since,
        })),
      };
    }),
  );
}

/** A company of many is gone through in batches: its oldest read may be as old as going through it twice takes. */
function howOld({ readAt, count, accounts }: Members, now: number): PeopleHealth['old'] {
  const bound = Math.max(FRESH_MS, 2 * Math.ceil(count / BATCH) * NEXT_BATCH_MS);
  if (readAt !== null && now - readAt < bound) return 'none';
  const newest = Math.max(0, ...Object.values(accounts).map((one) => one.readAt));
  return now - newest < FRESH_MS ? 'some' : 'all';
}
