import { expect, it } from 'vitest';
import * as moves from '../../src/policy/approval-moves.ts';
import { admit } from '../../src/policy/breaker.ts';
import { blank } from '../../src/policy/scan/memory.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Findings } from '../../src/store/findings.ts';
import { Links } from '../../src/store/links.ts';
import { BOB, CAROL, newApproval, voteOf } from '../policy/requests.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const BREAKER = { requests: 1, windowMs: 600_000 };

/** As another worker sees it: nothing is shared but the store. */
function worker() {
  const audit = new Audit(redis.client(), 'k'.repeat(32));
  const approvals = new Approvals(redis.client(), audit);
  return { approvals, links: new Links(redis.client(), audit, approvals) };
}

async function approved(...ids: string[]) {
  const { approvals, links } = worker();
  const { guard } = await links.guarded();
  for (const id of ids) {
    const fingerprint = { ...newApproval().fingerprint, id: `pod-${id}` };
    await approvals.add([newApproval({ id, batch: id, podId: `pod-${id}`, fingerprint })], guard, () => []);
    await approvals.move(
      id,
      (record) => ({ ...record, status: 'approved', dueAt: NOW, votes: [voteOf(BOB)] }),
      () => [],
    );
  }
  return Promise.all(ids.map(async (id) => (await approvals.get(id)) ?? newApproval()));
}

const claim = (record: Awaited<ReturnType<typeof approved>>[number]) =>
  worker().approvals.claim(
    record,
    moves.sending(record.fingerprint, NOW, 1),
    (state) => admit(state, record.batch, NOW, BREAKER),
    () => [],
  );

it('a claim to delete is lost where the record moved on since it was judged', async () => {
  const [judged = newApproval()] = await approved('a');
  await worker().approvals.move('a', moves.deny(CAROL, 'still needed', NOW), () => []);
  expect(await claim(judged)).toBe('lost');
  expect((await worker().approvals.get('a'))?.status).toBe('denied');
});

it('of two workers that claim to delete at once, where one more may run, one is told no', async () => {
  const records = await approved('a', 'b');
  const claims = await Promise.all(records.map(claim));
  expect(claims.filter((one) => one === 'claimed')).toHaveLength(1);
});

it('of two scans that read the same memory, one is written', async () => {
  const [one, other] = [new Findings(redis.client()), new Findings(redis.client())];
  expect(await one.commit(null, blank(NOW), [])).toBe(true);
  const before = await other.memory();
  expect(await one.commit(before, { ...blank(NOW), lastAt: NOW + 1 }, [])).toBe(true);
  expect(await other.commit(before, { ...blank(NOW), lastAt: NOW + 2 }, [])).toBe(false);
  expect((await other.memory())?.lastAt).toBe(NOW + 1);
});
