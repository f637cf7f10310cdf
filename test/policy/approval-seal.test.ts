import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Approval, Vote } from '../../src/policy/approval.ts';
import { asVoid, canonical, voteHolds, votePayload } from '../../src/policy/approval-seal.ts';
import { BOB, CAROL, FINGERPRINT, newApproval, voteOf } from './requests.ts';
import { NOW } from './rows.ts';

const mac = (payload: string) => createHash('sha256').update(payload).digest('hex');
const isSigned = (payload: string, given: string) => mac(payload) === given;

function given(request: Approval, vote: Vote): Vote {
  const { accounts } = vote;
  const signed = { accounts, fingerprint: request.fingerprint };
  return { ...vote, signed: { ...signed, mac: mac(votePayload(request, vote, signed)) } };
}

describe('a signed vote', () => {
  const request = newApproval();
  const vote = given(request, voteOf(BOB));

  it('holds for the request that it was given for', () => {
    expect(voteHolds(request, vote, isSigned)).toBe(true);
  });

  it('holds after more accounts were joined, and after the pod stopped', () => {
    const joined = { ...vote, accounts: [...vote.accounts, 'discord:9'] };
    const stopped = { ...request, fingerprint: { ...FINGERPRINT, standing: 'stopped' as const, startedAt: null } };
    expect(voteHolds(stopped, joined, isSigned)).toBe(true);
  });

  it.each<[string, Partial<Approval>, Partial<Vote>]>([
    ['another request', { id: 'r2' }, {}],
    ['another pod', { podId: 'pod2' }, {}],
    ['a pod that changed since', { fingerprint: { ...FINGERPRINT, name: 'other' } }, {}],
    ['another voter', {}, { by: CAROL }],
    ['another time', {}, { at: NOW + 1 }],
    ['fewer accounts', {}, { accounts: [] }],
    ['no signature', {}, { signed: undefined }],
  ])('does not hold for %s', (_, more, other) => {
    expect(voteHolds({ ...request, ...more }, { ...vote, ...other }, isSigned)).toBe(false);
  });
});

describe('an altered record', () => {
  it('is void, approved by nobody, and says what to do', () => {
    const shown = asVoid(newApproval({ status: 'approved', votes: [voteOf(BOB)] }), 'altered');
    expect(shown).toMatchObject({ status: 'void', votes: [], altered: 'altered' });
    expect(shown.end?.text).toBe('it was altered outside of Podwarden. Ask again if you still want it terminated');
  });

  it('has one text for one value, in whatever order its fields came', () => {
    expect(canonical({ b: [1, { d: 2, c: 3 }], a: null })).toBe(canonical({ a: null, b: [1, { c: 3, d: 2 }] }));
  });
});
