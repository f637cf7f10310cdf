import { expect, it } from 'vitest';
import * as approvalMoves from '../../src/policy/approval-moves.ts';
import { snoozed } from '../../src/policy/findings/moves.ts';
import { raise } from '../../src/policy/findings/settle.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Findings } from '../../src/store/findings.ts';
import { Links } from '../../src/store/links.ts';
import { newApproval } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();

/** Records whose card is posted from what was read a moment ago: each can move on, and says which revision it is at. */
const KINDS = {
  async requests() {
    const audit = new Audit(redis.client(), 'k'.repeat(32));
    const approvals = new Approvals(redis.client(), audit);
    const { guard } = await new Links(redis.client(), audit, approvals).guarded();
    const two = [newApproval(), newApproval({ id: 'r2', podId: 'pod2' })];
    await approvals.add(two, guard, () => []);
    const shown = async () => (await approvals.inBatch('b1')).reduce((sum, { rev }) => sum + rev, 0);
    // The last of several: the sum of all is what one card shows.
    return {
      store: approvals,
      id: 'b1',
      shown,
      moveOn: () => approvals.move('r2', approvalMoves.deny(ALICE, 'no', NOW), () => []),
    };
  },
  async warnings() {
    const findings = new Findings(redis.client());
    const raised = raise(
      {
        rule: 'blind',
        subject: 'bot',
        level: 1,
        severity: 'urgent',
        mark: '',
        facts: { rule: 'blind', what: 'bot', since: NOW, detail: '' },
        anchor: NOW,
        owner: null,
        room: 'gpu',
      },
      { now: NOW, awake: () => NOW, newId: () => 'f1' },
    );
    await findings.watch('bot', () => raised);
    const shown = async () => (await findings.onCard('f1')).reduce((sum, one) => sum + one.shown, 0);
    return { store: findings, id: 'f1', shown, moveOn: () => findings.move('f1', snoozed(ALICE, NOW + 1000, NOW)) };
  },
};

it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
  'a card of %s that shows an older state does not mark the newer one as delivered',
  async (kind) => {
    const { store, id, shown, moveOn } = await KINDS[kind]();
    const older = await shown();
    await moveOn();
    const newer = await shown();
    expect(newer).toBeGreaterThan(older);
    await store.told(id, older);
    expect(await store.untold()).toEqual([id]);
    await store.told(id, newer);
    expect(await store.untold()).toEqual([]);
  },
);
