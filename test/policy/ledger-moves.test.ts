import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, row as rowSchema } from '../../src/policy/ledger.ts';
import * as moves from '../../src/policy/ledger-moves.ts';
import { ALICE, FACTS, NOW, newRow } from './rows.ts';

const follow = (row: Row, ...steps: moves.Move[]): Row =>
  steps.reduce((at, step) => {
    const next = step(at);
    if (next === null) throw new Error(`refused in ${at.status}`);
    return next;
  }, row);

const REAL = 1_000_000;
const trouble = { kind: 'no-capacity' as const, detail: 'none', onDemandMicroUsdPerHour: null };
const task = (kind: 'stop' | 'start') => ({ id: `t-${kind}`, kind, by: ALICE, at: NOW, asOnDemand: false });

const sent = follow(newRow(), moves.take('alice-run7-aaaaaa', NOW), moves.sending(1, NOW, REAL));
const up = follow(sent, moves.created('pod1', { ...FACTS, name: 'alice-run7-aaaaaa' }, NOW), moves.running(FACTS, NOW));

describe('a launch', () => {
  it('goes from asked to running', () => {
    expect(up).toMatchObject({ status: 'running', podId: 'pod1', attempts: [{ state: 'created' }] });
  });

  it('is claimed by one worker only, however many try', () => {
    const taken = follow(newRow(), moves.take('n', NOW));
    expect(moves.take('other', NOW)(taken)).toBeNull();
    expect(moves.sending(1, NOW, REAL)(sent)).toBeNull();
    expect(moves.sending(2, NOW, REAL)(taken)).toBeNull();
  });

  it('after an ambiguous end may create again only under a new name, and at most three times', () => {
    let row = sent;
    for (const [number, name] of [
      [1, 'b'],
      [2, 'c'],
    ] as const) {
      row = follow(row, moves.ambiguous(number, NOW, REAL));
      expect(moves.sending(number, NOW, REAL)(row)).toBeNull();
      row = follow(
        row,
        moves.notSeen(number),
        moves.settledAbsent(number, name, NOW),
        moves.sending(number + 1, NOW, REAL),
      );
    }
    const ended = follow(row, moves.ambiguous(3, NOW, REAL), moves.settledAbsent(3, 'd', NOW));
    expect(ended).toMatchObject({ status: 'failed', trouble: { kind: 'unknown-state' } });
    expect(ended.attempts.map((a) => a.podName)).toEqual(['alice-run7-aaaaaa', 'b', 'c']);
  });

  it('that RunPod certainly did not act on may be sent again as it is', () => {
    expect(follow(sent, moves.unsent(1), moves.sending(1, NOW, REAL)).attempts).toHaveLength(1);
  });

  it('expires after ten minutes untouched, and not before', () => {
    expect(moves.take('n', NOW + moves.REQUEST_TTL_MS)(newRow())).toMatchObject({ status: 'launching' });
    expect(moves.take('n', NOW + moves.REQUEST_TTL_MS + 1)(newRow())).toMatchObject({ status: 'expired' });
  });

  it('planned by a worker that died is not sent hours later', () => {
    const taken = follow(newRow(), moves.take('n', NOW));
    expect(moves.sending(1, NOW + moves.REQUEST_TTL_MS + 1, REAL)(taken)).toMatchObject({ status: 'expired' });
    const second = follow(sent, moves.ambiguous(1, NOW, REAL), moves.settledAbsent(1, 'b', NOW));
    expect(moves.sending(2, NOW + moves.REQUEST_TTL_MS + 1, REAL)(second)).toMatchObject({ status: 'launching' });
    expect(moves.sending(2, NOW + moves.RETRY_TTL_MS + 1, REAL)(second)).toMatchObject({ status: 'expired' });
    const late = follow(sent, moves.ambiguous(1, NOW, REAL), moves.settledAbsent(1, 'b', NOW + moves.RETRY_TTL_MS + 1));
    expect(late).toMatchObject({ status: 'failed', trouble: { kind: 'unknown-state' } });
  });

  it('adopts a pod that turns up after it was given up, and once only', () => {
    const failed = follow(sent, moves.refused(trouble, NOW));
    const adopted = follow(failed, moves.created('late', FACTS, NOW));
    expect(adopted).toMatchObject({ status: 'starting', podId: 'late', trouble: null });
    expect(moves.created('later', FACTS, NOW)(adopted)).toBeNull();
    expect(follow(adopted, moves.duplicate('later')).duplicates).toEqual(['later']);
    expect(moves.duplicate('later')(follow(adopted, moves.duplicate('later')))).toBeNull();
  });
});

describe('a launch beyond a budget', () => {
  const ask = { beyond: 'the team has spent $8', self: ['slack:U1'], allowedBy: null };
  const asking = newRow({ status: 'asking', ask });
  const BOB = { account: 'slack:T1/U2', person: 'bob', name: 'Bob' };

  it('is allowed within half an hour and by nobody later, and has its ten minutes from then', () => {
    const at = NOW + moves.ASK_TTL_MS;
    const allowed = follow(asking, moves.allow(BOB, at));
    expect(allowed).toMatchObject({ status: 'requested', createdAt: at, ask: { allowedBy: BOB } });
    expect(moves.allow(BOB, at + 1)(asking)).toMatchObject({ status: 'failed', trouble: { kind: 'not-allowed' } });
    expect(moves.allow(BOB, at)(allowed)).toBeNull();
  });

  it('that was denied is not allowed any more', () => {
    const denied = follow(asking, moves.notAllowed('Bob denied it.', NOW));
    expect(moves.allow(BOB, NOW)(denied)).toBeNull();
  });
});

describe('stop and start', () => {
  it('one task at a time, and said only when read back', () => {
    const stopping = follow(up, moves.ask(task('stop'), NOW));
    expect(stopping.status).toBe('stopping');
    expect(moves.ask({ ...task('stop'), id: 'again' }, NOW)(stopping)).toBeNull();
    const off = follow(stopping, moves.stopped(FACTS, NOW));
    expect(off).toMatchObject({ status: 'stopped', task: { state: 'done' } });
    expect(moves.ask(task('stop'), NOW)(off)).toBeNull();
  });

  it('a start is sent once, a stop may be sent again', () => {
    const stopping = follow(up, moves.ask(task('stop'), NOW), moves.taskSent('t-stop', REAL));
    expect(moves.taskSent('t-stop', REAL)(stopping)).not.toBeNull();
    const off = follow(stopping, moves.stopped(FACTS, NOW));
    const starting = follow(off, moves.ask(task('start'), NOW), moves.taskSent('t-start', REAL));
    expect(moves.taskSent('t-start', REAL)(starting)).toBeNull();
    expect(moves.taskSent('t-stop', REAL)(starting)).toBeNull();
  });

  it('a stop takes the place of a start that hangs, and no start the place of a stop', () => {
    const off = follow(up, moves.seenAs('stopped', FACTS, NOW));
    const starting = follow(off, moves.ask(task('start'), NOW));
    expect(follow(starting, moves.ask(task('stop'), NOW))).toMatchObject({
      status: 'stopping',
      task: { kind: 'stop' },
    });
    const stopping = follow(up, moves.ask(task('stop'), NOW));
    expect(moves.ask(task('start'), NOW)(stopping)).toBeNull();
  });

  it('a start that RunPod certainly did not act on may be sent again', () => {
    const off = follow(up, moves.seenAs('stopped', FACTS, NOW));
    const asked = follow(off, moves.ask(task('start'), NOW), moves.taskSent('t-start', REAL));
    expect(follow(asked, moves.taskUnsent('t-start'), moves.taskSent('t-start', REAL)).task?.sent).toBe(true);
  });

  it('a start that came to nothing leaves the pod off, with the reason', () => {
    const off = follow(up, moves.seenAs('stopped', FACTS, NOW));
    const failed = follow(
      off,
      moves.ask(task('start'), NOW),
      moves.taskFailed('t-start', { ...trouble, kind: 'no-gpu-on-host' }, 'stopped', NOW),
    );
    expect(failed).toMatchObject({ status: 'stopped', trouble: { kind: 'no-gpu-on-host' }, task: { state: 'failed' } });
    expect(moves.ask(task('start'), NOW)(failed)).not.toBeNull();
  });

  it('a row that has ended is brought back by no read', () => {
    const gone = follow(up, moves.seenAs('terminated', null, NOW));
    expect(moves.seenAs('running', FACTS, NOW)(gone)).toBeNull();
    expect(moves.seenAs('stopped', FACTS, NOW)(gone)).toBeNull();
    expect(moves.stopped(FACTS, NOW)(gone)).toBeNull();
  });

  it('what was read elsewhere does not cut across a task under way', () => {
    const stopping = follow(up, moves.ask(task('stop'), NOW));
    expect(moves.seenAs('terminated', null, NOW)(stopping)).toBeNull();
  });
});

describe('whatever happens, in whatever order', () => {
  const anyMove = fc.oneof(
    fc.constant(moves.take('n', NOW)),
    fc.constant(moves.expire(NOW)),
    fc.integer({ min: 1, max: 3 }).map((n) => moves.sending(n, NOW, REAL)),
    fc.integer({ min: 1, max: 3 }).map((n) => moves.unsent(n)),
    fc.integer({ min: 1, max: 3 }).map((n) => moves.ambiguous(n, NOW, REAL)),
    fc.integer({ min: 1, max: 3 }).map((n) => moves.notSeen(n)),
    fc.integer({ min: 1, max: 3 }).map((n) => moves.settledAbsent(n, `n${n}`, NOW)),
    fc.constantFrom('pod1', 'pod2').map((id) => moves.created(id, FACTS, NOW)),
    fc.constant(moves.refused(trouble, NOW)),
    fc.constant(moves.running(FACTS, NOW)),
    fc.constant(moves.stopped(FACTS, NOW)),
    fc.constantFrom('stop' as const, 'start' as const).map((kind) => moves.ask(task(kind), NOW)),
    fc.constantFrom('t-stop', 't-start').map((id) => moves.taskSent(id, REAL)),
    fc.constantFrom('t-stop', 't-start').map((id) => moves.taskFailed(id, trouble, 'stopped', NOW)),
    fc
      .constantFrom('running' as const, 'stopped' as const, 'terminated' as const)
      .map((s) => moves.seenAs(s, FACTS, NOW)),
    fc.constant(moves.cameToNothing(trouble, 'stopped', NOW)),
  );

  it('a row keeps one pod, at most three attempts, one claim at a time, and its shape', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 40 }), (steps) => {
        let row = newRow();
        for (const step of steps) {
          const next = step(row);
          if (next === null) continue;
          if (row.podId !== null) expect(next.podId).toBe(row.podId);
          const claims = (r: Row) => r.attempts.filter((a) => a.state === 'sending').length;
          expect(claims(next)).toBeLessThanOrEqual(1);
          expect(next.attempts.length).toBeLessThanOrEqual(moves.MAX_ATTEMPTS);
          // A new claim only on an attempt that was never sent, or that RunPod certainly did not act on.
          if (claims(next) > claims(row)) expect(row.attempts.at(-1)?.state).toBe('planned');
          expect(rowSchema.safeParse(next).success).toBe(true);
          row = next;
        }
      }),
      { numRuns: 500 },
    );
  });
});
