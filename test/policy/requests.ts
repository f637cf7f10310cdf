import type { Approval, Vote } from '../../src/policy/approval.ts';
import type { Fingerprint } from '../../src/policy/fingerprint.ts';
import { bare, type PersonRef } from '../../src/policy/identity.ts';
import { ALICE, FACTS, NOW } from './rows.ts';

export const BOB: PersonRef = { account: 'slack:T1/U2', person: 'bob', name: 'Bob' };
export const CAROL: PersonRef = { account: 'slack:T1/U3', person: 'carol', name: 'Carol' };

export const FINGERPRINT: Fingerprint = {
  id: 'pod1',
  name: 'alice-run7-k3f9t2',
  imageMark: 'image',
  containerDiskGb: 50,
  volumeDisk: { sizeGb: 100, path: '/workspace' },
  networkVolume: null,
  gpuId: 'NVIDIA RTX A6000',
  gpuCount: 1,
  startedAt: new Date(NOW).toISOString(),
  owner: 'alice',
  standing: 'up',
};

export function newApproval(more: Partial<Approval> = {}): Approval {
  return {
    id: 'r1',
    rev: 1,
    batch: 'b1',
    podId: 'pod1',
    row: 'p1',
    status: 'requested',
    since: NOW,
    by: ALICE,
    self: [bare(ALICE.account)],
    owner: ALICE,
    reason: 'done',
    data: 'nothing',
    where: null,
    fingerprint: FINGERPRINT,
    facts: { ...FACTS, createdAt: NOW, gpuUtil: [71], networkVolumeGb: null, readAt: NOW - 60_000 },
    locked: false,
    room: 'gpu',
    createdAt: NOW,
    expiresAt: NOW + 8 * 3_600_000,
    quorum: 1,
    votes: [],
    dueAt: null,
    hold: null,
    released: null,
    overdue: null,
    stoppedAt: null,
    attempt: null,
    reminded: 0,
    remindAt: NOW + 3_600_000,
    end: null,
    ...more,
  };
}

export const voteOf = (who: PersonRef): Vote => ({ by: who, at: NOW, accounts: [bare(who.account)] });
export const liveOf = (record: Approval): Fingerprint => record.fingerprint;
