import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Approval, approvalStatus, LAPSE_MS, NEXT, type Vote } from '../../src/policy/approval.ts';
import * as moves from '../../src/policy/approval-moves.ts';
import { overlap } from '../../src/policy/identity.ts';
import { BOB, CAROL, liveOf, newApproval, voteOf } from './requests.ts';
import { ALICE, NOW } from './rows.ts';

const WAIT = 10 * 60_000;
const along = (record: Approval, ...steps: moves.ApprovalMove[]): Approval =>
  steps.reduce((now, step) => step(now) ?? now, record);

describe('a request', () => {
  it('is approved by one other person, and is then due', () => {
    const approved = along(newApproval({ owner: null }), moves.approve(voteOf(BOB), WAIT));
    expect(approved).toMatchObject({ status: 'approved', dueAt: NOW });
    expect(moves.isDue(approved, NOW)).toBe(true);
    expect(moves.isDue(approved, NOW + LAPSE_MS + 1)).toBe(false);
  });

  it('waits for an owner who neither asked nor approved', () => {
    const held = along(newApproval({ owner: CAROL }), moves.approve(voteOf(BOB), WAIT));
    expect(held).toMatchObject({ status: 'held', hold: 'owner', dueAt: NOW + WAIT });
    expect(moves.isDue(held, NOW + WAIT - 1)).toBe(false);
    expect(moves.isDue(held, NOW + WAIT)).toBe(true);
  });

  it.each([
    ['who asked', ALICE],
    ['who approves', BOB],
  ])('does not wait for an owner %s', (_, owner) => {
    expect(along(newApproval({ owner }), moves.approve(voteOf(BOB), WAIT)).status).toBe('approved');
  });

  it('takes no vote of the requester, nor of an account joined with theirs', () => {
    expect(moves.approve(voteOf(ALICE), WAIT)(newApproval())).toBeNull();
    const joined: Vote = { ...voteOf(BOB), accounts: ['slack:U2', 'slack:U1'] };
    expect(moves.approve(joined, WAIT)(newApproval())).toBeNull();
  });

  it('takes no vote of somebody whose accounts are not known', () => {
    expect(moves.approve({ ...voteOf(BOB), accounts: [] }, WAIT)(newApproval())).toBeNull();
  });

  it('that waits because too many were at once is due only when a person let it through', () => {
    const tripped = along(newApproval(), moves.approve(voteOf(BOB), WAIT), moves.trip(NOW));
    expect(tripped).toMatchObject({ status: 'held', hold: 'breaker' });
    expect(moves.isDue(tripped, NOW)).toBe(false);
    expect(moves.sending(liveOf(tripped), NOW, 1)(tripped)).toBeNull();
    expect(moves.isDue(along(tripped, moves.release(CAROL, NOW)), NOW)).toBe(true);
  });

  it('that waits for its owner is let through by nobody else', () => {
    const held = along(newApproval({ owner: CAROL }), moves.approve(voteOf(BOB), WAIT));
    expect(moves.release(BOB, NOW)(held)).toBeNull();
  });

  it('is not void while its DELETE is on the way: what comes of that is read first', () => {
    const record = along(newApproval(), moves.approve(voteOf(BOB), WAIT));
    const sending = along(record, moves.sending(liveOf(record), NOW, 1));
    expect(moves.voided('the pod changed', NOW)(sending)).toBeNull();
    expect(moves.voided('the pod changed', NOW)(along(sending, moves.sent(1)))).toMatchObject({ status: 'void' });
  });

  it('needs as many persons as the quorum says, and counts joined accounts once', () => {
    const first = along(newApproval({ quorum: 2 }), moves.approve(voteOf(BOB), WAIT));
    expect(first.status).toBe('requested');
    const twin: Vote = { by: { ...BOB, account: 'discord:2' }, at: NOW, accounts: ['discord:2', 'slack:U2'] };
    expect(moves.approve(twin, WAIT)(first)).toBeNull();
    expect(along(first, moves.approve(voteOf(CAROL), WAIT)).status).toBe('approved');
  });

  it('cannot be sent once an approver turned out to be the requester', () => {
    const approved = along(
      newApproval(),
      moves.approve(voteOf(BOB), WAIT),
      moves.widen(() => ['slack:U1', 'slack:U2']),
    );
    expect(approved.self).toContain('slack:U2');
    expect(moves.sending(liveOf(approved), NOW, 1)(approved)).toBeNull();
  });

  it('is not sent with fewer persons than its quorum, whatever its status says', () => {
    const vote = voteOf(BOB);
    const twin: Vote = { ...vote, by: { ...BOB, account: 'discord:2' }, accounts: ['discord:2', ...vote.accounts] };
    for (const votes of [[], [vote], [vote, twin]]) {
      const short = newApproval({ status: 'approved', dueAt: NOW, quorum: 2, votes });
      expect(moves.isDue(short, NOW)).toBe(true);
      expect(moves.sending(liveOf(short), NOW, 1)(short)).toBeNull();
    }
    const enough = newApproval({ status: 'approved', dueAt: NOW, quorum: 2, votes: [vote, voteOf(CAROL)] });
    expect(moves.sending(liveOf(enough), NOW, 1)(enough)?.status).toBe('executing');
  });

  it('takes a vote until the moment at which it expires, and none from then on', () => {
    const record = newApproval({ owner: null });
    const at = (time: number) => moves.approve({ ...voteOf(BOB), at: time }, WAIT)(record);
    expect(at(record.expiresAt - 1)?.status).toBe('approved');
    expect(at(record.expiresAt)).toBeNull();
    expect(at(record.expiresAt + 1)).toBeNull();
  });

  it('is not sent for a pod that is another than was approved', () => {
    const approved = along(newApproval(), moves.approve(voteOf(BOB), WAIT));
    expect(moves.sending({ ...liveOf(approved), name: 'other' }, NOW, 1)(approved)).toBeNull();
  });

  it('is sent again only after the call before has ended', () => {
    const record = along(newApproval(), moves.approve(voteOf(BOB), WAIT));
    const sending = along(record, moves.sending(liveOf(record), NOW, 1));
    expect(sending).toMatchObject({ status: 'executing', attempt: { number: 1, state: 'sending' } });
    expect(moves.sending(liveOf(record), NOW, 2)(sending)).toBeNull();
    const ended = along(sending, moves.sent(1));
    expect(along(ended, moves.sending(liveOf(record), NOW, 2)).attempt).toMatchObject({ number: 2, state: 'sending' });
  });

  it('lapses half an hour after it was due, and expires unanswered', () => {
    const approved = along(newApproval(), moves.approve(voteOf(BOB), WAIT));
    expect(moves.expire(NOW + LAPSE_MS)(approved)).toBeNull();
    expect(along(approved, moves.expire(NOW + LAPSE_MS + 1)).status).toBe('expired');
    const record = newApproval();
    expect(moves.expire(record.expiresAt - 1)(record)).toBeNull();
    expect(along(record, moves.expire(record.expiresAt)).status).toBe('expired');
  });
});

type Step = { name: string; move: (now: number) => moves.ApprovalMove };

const person = fc.constantFrom(ALICE, BOB, CAROL);
const step: fc.Arbitrary<Step> = fc.oneof(
  person.map((who) => ({
    name: `approve ${who.name}`,
    move: (now: number) => moves.approve({ ...voteOf(who), at: now }, WAIT),
  })),
  person.map((who) => ({ name: `deny ${who.name}`, move: (now: number) => moves.deny(who, 'no', now) })),
  fc.constant({ name: 'cancel', move: (now: number) => moves.cancel(ALICE, now) }),
  fc.constant({ name: 'expire', move: (now: number) => moves.expire(now) }),
  fc.constant({ name: 'void', move: (now: number) => moves.voided('changed', now) }),
  fc.constant({ name: 'link', move: () => moves.widen(() => ['slack:U1', 'slack:U2']) }),
  fc.constant({ name: 'trip', move: (now: number) => moves.trip(now) }),
  fc.constant({ name: 'release', move: (now: number) => moves.release(CAROL, now) }),
  fc.constant({ name: 'remind', move: () => moves.reminded(null) }),
  fc.constant({ name: 'send', move: (now: number) => moves.sending(liveOf(newApproval()), now, now) }),
  fc.constant({
    name: 'send changed',
    move: (now: number) => moves.sending({ ...liveOf(newApproval()), name: 'other' }, now, now),
  }),
  fc.integer({ min: 1, max: 3 }).map((n) => ({ name: `sent ${n}`, move: () => moves.sent(n) })),
  fc.constant({ name: 'done', move: (now: number) => moves.done(now) }),
  fc.constant({ name: 'fail', move: (now: number) => moves.failed('no', now) }),
);

const history = fc.array(fc.record({ step, waits: fc.integer({ min: 0, max: 20 * 60_000 }) }), { maxLength: 25 });

describe('every history of a request', () => {
  it('moves only where it may, and ends once', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 2 }), fc.constantFrom(null, CAROL), (steps, quorum, owner) => {
        let record = newApproval({ quorum, owner });
        let now = NOW;
        for (const { step: next, waits } of steps) {
          now += waits;
          const moved = next.move(now)(record);
          if (moved === null) continue;
          expect(approvalStatus.options).toContain(moved.status);
          // A vote may approve and hold in one write.
          const legal = [record.status, ...NEXT[record.status], ...NEXT[record.status].flatMap((s) => NEXT[s])];
          expect(legal).toContain(moved.status);
          if (NEXT[record.status].length === 0) expect(moved.status).toBe(record.status);
          record = moved;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('sends nothing without enough other persons, for what was asked, in time', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 2 }), fc.constantFrom(null, CAROL), (steps, quorum, owner) => {
        let record = newApproval({ quorum, owner });
        let now = NOW;
        for (const { step: next, waits } of steps) {
          now += waits;
          const moved = next.move(now)(record);
          if (moved && moved.attempt?.number !== record.attempt?.number) {
            expect(next.name).toBe('send');
            expect(moves.personsIn(moved.votes)).toBeGreaterThanOrEqual(quorum);
            expect(moved.votes.some(({ accounts }) => overlap(accounts, moved.self))).toBe(false);
            expect(record.attempt?.state ?? 'ended').toBe('ended');
            if (record.status !== 'executing') expect(moves.isDue(record, now)).toBe(true);
          }
          if (moved) record = moved;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
