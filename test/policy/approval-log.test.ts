import { describe, expect, it } from 'vitest';
import { DeletionReview, type LoggedEntry } from '../../src/policy/approval-log.ts';

const ALICE = 'slack:T1/U1 (alice)';
const BOB = 'slack:T1/U2 (bob)';
const entry = (kind: string, actor: string | null, status: string, more: LoggedEntry['facts'] = {}): LoggedEntry => ({
  kind,
  actor,
  facts: { request: 'r1', pod: 'pod1', status, ...more },
});
const made = (quorum = 1) => entry('request-made', ALICE, 'requested', { quorum });
const approved = (who: string, status = 'approved') => entry('request-approved', who, status);
const deleted = (more: LoggedEntry['facts'] = {}) => entry('runpod-delete', null, 'executing', more);

function flagged(...entries: LoggedEntry[]): string[] {
  const review = new DeletionReview();
  return entries.flatMap((one) => review.next(one) ?? []);
}

describe('a deletion in the audit log', () => {
  it.each<[string, LoggedEntry[]]>([
    ['was approved by another person', [made(), approved(BOB), deleted()]],
    ['waited for its owner', [made(), approved(BOB, 'held'), deleted()]],
    ['was sent twice', [made(), approved(BOB), deleted(), deleted({ attempt: 2 })]],
    ['has as many approvers as it needs', [made(2), approved(BOB, 'requested'), approved('slack:T1/U3'), deleted()]],
    ['is of a log that said no quorum yet', [entry('request-made', ALICE, 'requested'), approved(BOB), deleted()]],
  ])('is not named where it %s', (_, entries) => {
    expect(flagged(...entries)).toEqual([]);
  });

  it.each<[string, LoggedEntry[], RegExp]>([
    ['nobody asked for', [deleted()], /no entry before it shows who asked/],
    ['nobody approved', [made(), deleted()], /no entry before it shows that somebody else approved/],
    ['only the requester approved', [made(), approved(ALICE), deleted()], /somebody else approved/],
    [
      'the requester approved from another account of theirs',
      [made(), approved('discord:1 (alice)'), deleted()],
      /somebody else approved/,
    ],
    [
      'an account approved that was joined with the requester’s',
      [made(), approved('discord:9'), entry('request-joined', null, '', { accounts: 'discord:9 slack:U1' }), deleted()],
      /somebody else approved/,
    ],
    ['too few approved', [made(2), approved(BOB, 'requested'), deleted()], /only 1 of 2 others/],
    [
      'one person approved twice for two',
      [made(2), approved(BOB, 'requested'), approved('discord:2 (bob)'), deleted()],
      /only 1 of 2 others/,
    ],
    [
      'was canceled',
      [made(), approved(BOB), entry('request-cancelled', ALICE, 'cancelled'), deleted()],
      /ended before \(cancelled\)/,
    ],
    [
      'was denied, and is shown as asked for and approved once more',
      [made(), entry('request-denied', BOB, 'denied'), made(), approved(BOB), deleted()],
      /ended before \(denied\)/,
    ],
    ['is of another pod', [made(), approved(BOB), deleted({ pod: 'pod2' })], /that request was for pod pod1/],
    ['was approved afterwards', [made(), deleted(), approved(BOB)], /somebody else approved/],
  ])('is named where it %s', (_, entries, why) => {
    expect(flagged(...entries)).toEqual([expect.stringMatching(why)]);
  });
});
