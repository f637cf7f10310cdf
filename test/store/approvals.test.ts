import { describe, expect, it } from 'vitest';
import * as moves from '../../src/policy/approval-moves.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Links } from '../../src/store/links.ts';
import { BOB, newApproval, voteOf } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const SECRET = '0123456789abcdef0123456789abcdef';
const entry = { at: NOW, kind: 'linked', actor: null, subject: null, facts: {} };

function stage() {
  const audit = new Audit(redis.client(), SECRET);
  const approvals = new Approvals(redis.client(), audit);
  return { audit, approvals, links: new Links(redis.client(), audit, approvals) };
}

describe('requests', () => {
  it('are not written where the links that they were made from have changed meanwhile', async () => {
    const { approvals, links } = stage();
    const { guard } = await links.guarded();
    const link = { id: 'l1', a: ALICE, b: BOB, at: NOW, confirmed: null };
    await links.change(() => [link], [], entry);
    expect(await approvals.add([newApproval()], guard, () => [])).toBeNull();
    expect(await approvals.get('r1')).toBeNull();
  });

  it('are not written either where the links change between the look at them and the write', async () => {
    const { approvals, links } = stage();
    const { guard } = await links.guarded();
    const { forPod } = approvals;
    approvals.forPod = async (podId) => {
      approvals.forPod = forPod;
      await links.change(() => [{ id: 'l1', a: ALICE, b: BOB, at: NOW, confirmed: null }], [], entry);
      return approvals.forPod(podId);
    };
    expect(await approvals.add([newApproval()], guard, () => [])).toBeNull();
    expect(await approvals.get('r1')).toBeNull();
  });

  it('have their revision and their quorum in the log with each write, one that nobody gave an entry included', async () => {
    const { approvals, audit, links } = stage();
    const { guard } = await links.guarded();
    await approvals.add([newApproval({ owner: null })], guard, () => []);
    await approvals.move('r1', moves.approve(voteOf(BOB), 0), () => []);
    const entries = (await audit.newest(5, () => true)).entries.reverse();
    expect(entries.map(({ facts }) => [facts.request, facts.rev, facts.quorum ?? null])).toEqual([
      ['r1', 1, 1],
      ['r1', 2, null],
    ]);
    expect(await audit.newestOf('r1')).toMatchObject({ n: 2, rev: 2, seal: entries[1]?.facts.seal });
  });
});
