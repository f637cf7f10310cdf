import { describe, expect, it } from 'vitest';
import { pageOut } from '../../src/jobs/page-out.ts';
import { readFleet } from '../../src/jobs/read-fleet.ts';
import { tick } from '../../src/jobs/tick.ts';
import { factsOf } from '../../src/policy/facts.ts';
import type { Alert } from '../../src/policy/findings/alert.ts';
import { type FleetPod, statusText } from '../../src/policy/fleet.ts';
import { billedAfterwards } from '../../src/policy/scan/account.ts';
import type { AccountMemory } from '../../src/policy/scan/memory.ts';
import { CATALOGUE } from '../policy/catalogue.ts';
import { newApproval } from '../policy/requests.ts';
import { ALICE, FACTS, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { governed } from './context.ts';
import { cutOff } from './provider.ts';

const redis = useRedis();
const MINUTE = 60_000;
const DAY = 86_400_000;

/** One pod that runs for a dollar an hour, watched for four days. */
async function world() {
  const w = governed(redis.client());
  w.provider.add('pod1', 'alice-run7-k3f9t2', {
    microUsdPerHour: 1_000_000,
    containerDiskGb: 0,
    volumeDisk: null,
    networkVolume: { id: 'nv1', path: '/workspace' },
    gpuUtil: [71],
  });
  w.provider.balance = { balance: 1e15, perHour: null, postpaid: false };
  w.provider.volumes = [{ id: 'nv1', name: 'nv1', sizeGb: 0, dataCenter: 'EU-RO-1' }];
  const scan = (ms = 5 * MINUTE) => {
    w.time.now += ms;
    w.time.real += ms;
    return readFleet.handle({}, w.context, w.signal).catch(() => {});
  };
  for (let i = 0; i < 9; i++) await scan(DAY / 2);
  const rules = async () => (await w.context.findings.open()).map(({ rule, severity }) => `${rule} ${severity}`).sort();
  return { ...w, scan, rules };
}

describe('a scan', () => {
  it('that dies of anything is said, not only what RunPod refuses', async () => {
    const w = await world();
    w.provider.before.list = () => {
      throw new TypeError('something of ours');
    };
    await w.scan();
    expect(await w.rules()).toEqual([]);
    await w.scan();
    expect(await w.rules()).toEqual(['blind urgent']);
    const [blind] = await w.context.findings.open();
    expect(blind?.facts).toMatchObject({ what: 'failing', detail: expect.stringMatching(/Podwarden itself/) });
    for (let i = 0; i < 6; i++) await w.scan();
    expect(await w.rules()).toEqual(['blind critical']);
  });

  it('names a preset whose GPU type is gone, until it can be launched again, and a catalog that grows old', async () => {
    const w = await world();
    const read = async (gpus = CATALOGUE) =>
      w.context.snapshots.saveCatalogue({ gpus, dataCenters: [], networkVolumes: [], readAt: w.time.now });
    const open = async () => (await w.context.findings.open()).map(({ facts }) => 'what' in facts && facts.what);
    w.context.governance.presets = { cheap: { gpu: 'a6000' } };
    await read(CATALOGUE.filter(({ name }) => !name.includes('A6000')));
    await w.scan();
    const [finding] = await w.context.findings.open();
    expect(finding).toMatchObject({ severity: 'note', facts: { detail: 'cheap: Runpod has no GPU called a6000' } });
    await read();
    await w.scan();
    expect(await open()).toEqual([]);
    await w.scan(60 * MINUTE);
    expect(await open()).toEqual(['catalog']);
  });

  it.each([true, false])(
    'has an account billed afterwards: %s, where the policy file declares it',
    async (declared) => {
      const w = await world();
      const { governance } = w.context;
      const context = { ...w.context, governance: { ...governance, thresholds: { ...governance.thresholds } } };
      context.governance.thresholds.postpaid = declared;
      // A balance of $0 or less is impossible where an account is not billed afterwards.
      w.provider.balance = { balance: declared ? -5_000_000 : 1e15, perHour: null, postpaid: declared ? null : true };
      w.time.now += 5 * MINUTE;
      await readFleet.handle({}, context, w.signal);
      const account = async () => (await w.context.findings.memory())?.account as AccountMemory;
      expect((await account()).balance).toBe(declared ? -5_000_000 : 1e15);
      expect(billedAfterwards(await account())).toBe(declared);
      // Without it, what a source told last holds again, also where the balance is not read.
      w.provider.balance = 'retired';
      context.governance.thresholds.postpaid = null;
      w.time.now += 5 * MINUTE;
      await readFleet.handle({}, context, w.signal);
      expect(billedAfterwards(await account())).toBe(!declared);
    },
  );

  it('marks the pods that the policy file names as on a savings plan, and its rows keep it', async () => {
    const w = await world();
    const context = { ...w.context, governance: { ...w.context.governance, savingsPlans: ['run7'] } };
    const row = newRow({ status: 'running', podId: 'pod1', facts: FACTS, since: NOW });
    await w.context.ledger.add(row, () => null);
    await readFleet.handle({}, context, w.signal);
    expect(await w.context.ledger.get('p1')).toMatchObject({ facts: { savingsPlan: true }, since: NOW });
    const [pod] = (await w.context.snapshots.fleet())?.pods ?? [];
    expect(pod).toMatchObject({ id: 'pod1', savingsPlan: true });
    const facts = factsOf(pod as FleetPod, null);
    expect(facts.savingsPlan).toBe(true);
    // A read by id knows nothing of it.
    expect(factsOf({ ...(pod as FleetPod), savingsPlan: undefined }, facts).savingsPlan).toBe(true);
    await readFleet.handle({}, w.context, w.signal);
    expect((await w.context.snapshots.fleet())?.pods[0]?.savingsPlan).toBeUndefined();
    expect(await w.context.ledger.get('p1')).toMatchObject({ facts: { savingsPlan: false } });
  });

  it('takes one odd spend rate for nothing', async () => {
    const w = await world();
    w.provider.balance = { balance: 1e15, perHour: 300_000_000, postpaid: false };
    await w.scan();
    await w.scan();
    expect(await w.rules()).toEqual([]);
  });

  it('calls a pod up that has reported once, and warns where it reports nothing any more', async () => {
    const w = await world();
    const pod = w.provider.pods.get('pod1');
    if (pod) Object.assign(pod, { reporting: false, gpuUtil: [] });
    const shown = async () => (await w.context.snapshots.fleet())?.pods.map(statusText);
    await w.scan();
    expect(await shown()).toEqual(['Running, not reporting']);
    expect((await w.context.findings.memory())?.pods.pod1?.look.state).toBe('up');
    for (let i = 0; i < 3; i++) await w.scan();
    expect(await w.rules()).toEqual([]);
    await w.scan();
    expect(await w.rules()).toEqual(['stuck urgent']);
    if (pod) pod.reporting = true;
    await w.scan();
    expect(await shown()).toEqual(['Running']);
  });

  it('does not call our own termination one from elsewhere, however long its proof takes', async () => {
    const w = await world();
    await w.context.ledger.add(newRow({ id: 'p1', status: 'running', podId: 'pod1', facts: FACTS }), () => null);
    const { guard } = await w.context.links.guarded();
    const executing = newApproval({ status: 'executing', row: 'p1', createdAt: w.time.now, since: w.time.now });
    await w.context.approvals.add([executing], guard, () => []);
    w.provider.pods.delete('pod1');
    for (let i = 0; i < 3; i++) await w.scan();
    expect(await w.rules()).toEqual([]);
    expect(w.provider.count('get')).toBe(0);
  });

  it('does not call a stop that went past a full Redis one from elsewhere, with a row of ours or without', async () => {
    const w = await world();
    w.provider.add('pod2', 'somebody-else', { gpuUtil: [71] });
    await w.context.ledger.add(newRow({ status: 'running', podId: 'pod1', facts: FACTS }), () => null);
    for (let i = 0; i < 3; i++) await w.scan();
    for (const pod of ['pod1', 'pod2']) await w.context.direct.carryOut({ id: pod, pod, by: ALICE, at: w.time.real });
    for (let i = 0; i < 3; i++) await w.scan();
    expect(await w.rules()).not.toContain('changed-outside warn');
    expect((await w.context.ledger.byPods(['pod1'])).get('pod1')).toMatchObject({ status: 'stopped' });
    w.provider.add('pod2', 'somebody-else', { gpuUtil: [71] });
    for (let i = 0; i < 3; i++) await w.scan();
    expect(await w.rules()).toContain('changed-outside warn');
  });

  it('knows the end of a pod from its row, though it was once stopped past a full Redis, whatever else changed', async () => {
    const w = await world();
    w.provider.add('pod2', 'somebody-else', { gpuUtil: [71] });
    const { ledger, direct, findings } = w.context;
    await ledger.add(newRow({ id: 'p1', status: 'running', podId: 'pod1', facts: FACTS }), () => null);
    for (let i = 0; i < 3; i++) await w.scan();
    await direct.carryOut({ id: 'd1', pod: 'pod1', by: ALICE, at: w.time.real });
    for (let i = 0; i < 3; i++) await w.scan();
    await ledger.move('p1', (row) => ({ ...row, status: 'terminated', since: w.time.now }));
    w.provider.pods.delete('pod1');
    await w.provider.stop('pod2');
    await w.scan();
    expect(Object.keys((await findings.memory())?.pods ?? {})).toEqual(['pod2']);
  });

  it('that fails is begun again by the tick, half a minute later, and not at once', async () => {
    const w = await world();
    w.provider.failures.list = Array.from({ length: 50 }, () => cutOff);
    await w.scan();
    const due = async (ms: number) => {
      w.time.now += ms;
      w.time.real += ms;
      w.enqueued.length = 0;
      await tick.handle({}, w.context, w.signal);
      return w.enqueued.some(({ name }) => name === 'read-fleet');
    };
    await w.context.snapshots.ran('read-fleet', w.time.now - 10 * MINUTE);
    expect(await due(3000)).toBe(false);
    expect(await due(20_000)).toBe(false);
    expect(await due(10_000)).toBe(true);
  });
});

describe('who is called', () => {
  it('is called although the queue failed just then, once, and told that it is over', async () => {
    const w = await world();
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.microUsdPerHour = 90_000_000;
    await w.scan();
    await w.scan();
    expect(await w.rules()).toContain('burn-jump urgent');
    const { enqueue } = w.context;
    w.context.enqueue = async () => {
      throw new Error('the queue is away');
    };
    for (let i = 0; i < 5; i++) await w.scan();
    w.context.enqueue = enqueue;
    expect(await w.context.findings.unpaged()).toHaveLength(1);
    w.enqueued.length = 0;
    await tick.handle({}, w.context, w.signal);
    const asked = w.enqueued.filter(({ name }) => name === 'page-out');
    expect(asked).toHaveLength(1);
    const alerts: Alert[] = [];
    const pager = async (alert: Alert) => {
      alerts.push(alert);
    };
    const payload = asked[0]?.payload as { finding: string };
    for (let i = 0; i < 2; i++) await pageOut.handle(payload, { findings: w.context.findings, pager }, w.signal);
    expect(alerts).toMatchObject([{ rule: 'burn-jump', over: false }]);
    expect(await w.context.findings.unpaged()).toEqual([]);
    if (pod) pod.microUsdPerHour = 1_000_000;
    await w.scan();
    await w.scan();
    await pageOut.handle(payload, { findings: w.context.findings, pager }, w.signal);
    expect(alerts.map(({ over }) => over)).toEqual([false, true]);
    expect(NOW).toBeLessThan(w.time.now);
  });

  it('hears of an open danger although nothing can be read meanwhile', async () => {
    const w = await world();
    const pod = w.provider.pods.get('pod1');
    if (pod) pod.microUsdPerHour = 90_000_000;
    await w.scan();
    w.provider.failures.list = Array.from({ length: 50 }, () => cutOff);
    for (let i = 0; i < 6; i++) await w.scan();
    const jump = (await w.context.findings.open()).find(({ rule }) => rule === 'burn-jump');
    expect(jump).toMatchObject({ page: 'open', said: [{ kind: 'ops' }] });
  });
});
