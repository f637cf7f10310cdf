import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHits } from '../../../src/policy/findings/rules.ts';
import type { FleetPod } from '../../../src/policy/fleet.ts';
import {
  believedPods,
  believePods,
  type Difference,
  differences,
  hold,
  type OwnActs,
  type PodsRead,
  surprising,
} from '../../../src/policy/scan/believe.ts';
import { burnOf } from '../../../src/policy/scan/burn.ts';
import { blank, lookOf, type ScanMemory, sameLook } from '../../../src/policy/scan/memory.ts';
import { readSaid } from '../../../src/policy/scan/said.ts';
import { believeVolumes } from '../../../src/policy/scan/volumes.ts';
import { DAY, HOUR, known, MINUTE, NOW, off, pod, world } from './scans.ts';

const NO_ACTS: OwnActs = new Map();
const NOTHING = { confirmed: new Set<string>(), gone: new Set<string>(), agreed: false };

/** Scans as the job does them, of a RunPod that answers single reads with the truth. */
class Scanner {
  memory: ScanMemory = { ...blank(NOW - 40 * DAY) };
  pods: FleetPod[] = [];

  scan(at: number, listed: FleetPod[], truth: FleetPod[] = listed, acts: OwnActs = NO_ACTS, said = new Map()): void {
    const read: PodsRead = { at, pods: listed, said };
    const found = differences(this.memory, read, acts);
    const held = hold(this.memory, found, read);
    if (held) {
      this.memory = { ...this.memory, held };
      return;
    }
    const agreed = this.memory.held !== null && surprising(found.length, this.memory.held.of);
    const proofs = { ...prove(found, truth), agreed };
    const believed = believePods(this.memory, read, acts, proofs, 5);
    this.memory = { ...this.memory, ...believed, lastAt: at, held: null };
    this.pods = believedPods(believed, read, this.pods);
  }

  state(id = 'pod1') {
    return this.memory.pods[id]?.look.state;
  }

  whats() {
    return this.memory.changes.map(({ podId, what }) => `${podId} ${what}`);
  }
}

function prove(found: readonly Difference[], truth: readonly FleetPod[]) {
  const real = new Map(truth.map((one) => [one.id, one]));
  const few = found.length <= 5;
  const confirmed = found.flatMap(({ podId, look }) => {
    const now = real.get(podId);
    return look && now && few && sameLook(look, lookOf(now)) ? [podId] : [];
  });
  const gone = found.filter(({ podId, look }) => look === null && !real.has(podId)).slice(0, 5);
  return { confirmed: new Set(confirmed), gone: new Set(gone.map(({ podId }) => podId)) };
}

describe('one pod', () => {
  it('is believed as first seen, with the time that RunPod itself gives for its end', () => {
    const scanner = new Scanner();
    const said = new Map([
      ['pod1', readSaid('Exited by user: Fri Nov 20 2026 10:00:00 GMT+0000 (Coordinated Universal Time)')],
    ]);
    scanner.scan(NOW, [off()], [off()], NO_ACTS, said);
    expect(scanner.memory.pods.pod1).toMatchObject({ source: 'runpod', since: NOW - 4 * DAY, said: 'Exited by user' });
    const blind = new Scanner();
    blind.scan(NOW, [off()]);
    expect(blind.memory.pods.pod1).toMatchObject({ source: 'first-seen', since: NOW });
    expect(blind.whats()).toEqual([]);
  });

  it('that stopped elsewhere is believed where a read by id agrees, and is a change', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [off()]);
    expect(scanner.state()).toBe('stopped');
    expect(scanner.whats()).toEqual(['pod1 stopped']);
  });

  it('that one list alone shows otherwise stays as it was', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [off()], [pod()]);
    expect(scanner.state()).toBe('up');
    expect(scanner.pods).toEqual([pod()]);
    expect(scanner.memory.unsure).toBe(true);
    scanner.scan(NOW + 6 * MINUTE, [pod()]);
    expect(scanner.whats()).toEqual([]);
    expect(scanner.memory.pods.pod1?.next).toBeNull();
  });

  it('that two lists show otherwise is believed', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [off()], [pod()]);
    scanner.scan(NOW + 6 * MINUTE, [off()], [pod()]);
    expect(scanner.state()).toBe('stopped');
  });

  it('that a list misses is gone only when it is proven', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [], [pod()]);
    expect(scanner.pods).toEqual([pod()]);
    scanner.scan(NOW + 10 * MINUTE, []);
    expect(scanner.pods).toEqual([]);
    expect(scanner.whats()).toEqual(['pod1 terminated']);
  });

  it.each([
    ['stopped', off(), { status: 'stopped', since: NOW + MINUTE }],
    ['stopping', off(), { status: 'stopping', since: NOW + MINUTE }],
  ] as const)('that we are %s is no change from outside', (_, listed, act) => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [listed], [listed], new Map([['pod1', act]]));
    expect(scanner.state()).toBe('stopped');
    expect(scanner.whats()).toEqual([]);
  });

  it('that we stopped and somebody started in the console is a change', () => {
    const scanner = new Scanner();
    const acts: OwnActs = new Map([['pod1', { status: 'stopped', since: NOW - HOUR }]]);
    scanner.scan(NOW, [off()], [off()], acts);
    expect(scanner.memory.pods.pod1).toMatchObject({ source: 'own', since: NOW - HOUR });
    scanner.scan(NOW + 5 * MINUTE, [pod()], [pod()], acts);
    expect(scanner.whats()).toEqual(['pod1 started']);
  });

  it('that we terminated is no change', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [], [], new Map([['pod1', { status: 'terminated', since: NOW + MINUTE }]]));
    expect(scanner.memory.pods).toEqual({});
    expect(scanner.whats()).toEqual([]);
  });

  it.each([
    ['renamed', { name: 'bob-other-k3f9t2' }],
    ['resized', { volumeDisk: { sizeGb: 200, path: '/workspace' } }],
    ['image changed', { imageMark: 'other' }],
  ] as const)('that was %s is said so', (what, more) => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [pod(more)]);
    expect(scanner.whats()).toEqual([`pod1 ${what}`]);
  });

  it('is idle from the first read of many that show all its GPUs so', () => {
    const scanner = new Scanner();
    const busy = [pod({ gpuUtil: [3, 71] })];
    const quiet = [pod({ gpuUtil: [3, 0] })];
    scanner.scan(NOW, busy);
    for (let i = 1; i <= 12; i++) scanner.scan(NOW + i * 5 * MINUTE, quiet);
    expect(scanner.memory.pods.pod1).toMatchObject({ idleSince: NOW + 5 * MINUTE, idleReads: 12 });
    scanner.scan(NOW + 65 * MINUTE, [pod({ gpuUtil: [] })]);
    expect(scanner.memory.pods.pod1).toMatchObject({ idleSince: null, idleReads: 0 });
  });
});

describe('each GPU of a pod with several', () => {
  it('is idle for itself, from the first read that shows it so', () => {
    const scanner = new Scanner();
    const eight = (gpuUtil: number[]) => [pod({ gpuCount: 3, gpuUtil })];
    const gpus = () => scanner.memory.pods.pod1?.gpus;
    scanner.scan(NOW, eight([0, 80, 80]));
    scanner.scan(NOW + 5 * MINUTE, eight([0, 80, 3]));
    scanner.scan(NOW + 10 * MINUTE, eight([0, 80, 3]));
    const [first, third] = [NOW, NOW + 5 * MINUTE].map((idleSince, i) => ({ idleSince, reads: 3 - i }));
    expect(gpus()).toEqual([first, null, third]);
    // One that works begins anew; a read that leaves one out proves nothing of any.
    scanner.scan(NOW + 15 * MINUTE, eight([70, 80, 3]));
    expect(gpus()).toEqual([null, null, { ...third, reads: 3 }]);
    scanner.scan(NOW + 20 * MINUTE, eight([0, 3]));
    expect(gpus()).toBeUndefined();
  });

  it('of a pod with one GPU nothing more is remembered', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod({ gpuUtil: [0] })]);
    expect(scanner.memory.pods.pod1?.gpus).toBeUndefined();
  });
});

describe('what contradicts our own books', () => {
  const running: OwnActs = new Map([['pod1', { status: 'running', since: NOW - HOUR }]]);

  it('a list without runtimes does not unsettle what runs', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()], [pod()], running);
    const since = scanner.memory.pods.pod1?.since;
    scanner.scan(NOW + 5 * MINUTE, [pod({ reporting: false })], [pod()], running);
    expect(scanner.state()).toBe('up');
    scanner.scan(NOW + 10 * MINUTE, [pod()], [pod()], running);
    expect(scanner.memory.pods.pod1).toMatchObject({ since, next: null });
  });

  it('a new pod that one list calls off is up until a second read agrees', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, []);
    scanner.scan(NOW + 5 * MINUTE, [off()], [pod()], running);
    expect(scanner.state()).toBe('up');
    scanner.scan(NOW + 6 * MINUTE, [pod()], [pod()], running);
    expect(scanner.whats()).toEqual([]);
    scanner.scan(NOW + 11 * MINUTE, [off()], [off()], running);
    expect(scanner.state()).toBe('stopped');
  });

  const wrote = (what: 'stop' | 'start' | 'terminate', at: number, status: 'running' | 'stopped'): OwnActs =>
    new Map([['pod1', { status, since: NOW, wrote: { what, at } }]]);

  it.each([
    ['start', [off()], [pod()], 'stopped', 'pod1 started'],
    ['stop', [pod()], [off()], 'running', 'pod1 stopped'],
    ['terminate', [pod()], [], 'running', 'pod1 terminated'],
  ] as const)(
    'a %s of ours that RunPod carries out after we gave up on it is ours',
    (what, before, after, status, outside) => {
      const scanned = (acts: OwnActs) => {
        const scanner = new Scanner();
        scanner.scan(NOW, [...before]);
        for (const minute of [5, 6, 7]) scanner.scan(NOW + minute * MINUTE, [...after], [...after], acts);
        return scanner.whats();
      };
      expect(scanned(wrote(what, NOW + MINUTE, status))).toEqual([]);
      // What was written before the state that it was in, or long ago, explains nothing.
      expect(scanned(wrote(what, NOW - 2 * HOUR, status))).toEqual([outside]);
      expect(scanned(new Map([['pod1', { status, since: NOW }]]))).toEqual([outside]);
    },
  );

  it('a stop of ours explains one end, and not the next', () => {
    const scanner = new Scanner();
    const acts = wrote('stop', NOW + MINUTE, 'running');
    scanner.scan(NOW, [pod()]);
    for (const [minute, list] of [
      [5, [off()]],
      [10, [pod()]],
      [11, [pod()]],
      [15, [off()]],
      [16, [off()]],
    ] as const)
      scanner.scan(NOW + minute * MINUTE, [...list], [...list], acts);
    // The row has it running all the time, which accounts for its coming up.
    expect(scanner.whats()).toEqual(['pod1 stopped']);
  });

  it('a pod that is being terminated is no change, and is kept until that is done', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, [pod()]);
    scanner.scan(NOW + 5 * MINUTE, [], [], new Map([['pod1', { status: 'terminating', since: NOW }]]));
    expect(Object.keys(scanner.memory.pods)).toEqual(['pod1']);
    expect(scanner.memory.unsure).toBe(false);
    scanner.scan(NOW + 10 * MINUTE, [], [], new Map([['pod1', { status: 'terminated', since: NOW }]]));
    expect(scanner.memory.pods).toEqual({});
    expect(scanner.whats()).toEqual([]);
  });
});

describe('network volumes', () => {
  const listed = [{ id: 'nv1', name: 'data', sizeGb: 100, dataCenter: 'EU-RO-1' }];
  it('are forgotten after three lists in a row that miss them, and not before', () => {
    let volumes = believeVolumes({}, listed, [], NOW);
    volumes = believeVolumes(volumes, [], [], NOW + 5 * MINUTE);
    volumes = believeVolumes(volumes, null, [], NOW + 10 * MINUTE);
    volumes = believeVolumes(volumes, [], [], NOW + 15 * MINUTE);
    expect(volumes.nv1).toMatchObject({ idleSince: NOW, missing: 2 });
    expect(believeVolumes(volumes, listed, [], NOW + 20 * MINUTE).nv1).toMatchObject({ idleSince: NOW, missing: 0 });
    expect(believeVolumes(volumes, [], [], NOW + 20 * MINUTE)).toEqual({});
  });
});

const fleet = (count: number, more: Partial<FleetPod> = {}) =>
  Array.from({ length: count }, (_, i) => pod({ id: `p${i}`, ...more }));

describe('a fleet-wide surprise', () => {
  it.each([
    [5, 10, false],
    [6, 24, false],
    [6, 23, true],
    [60, 60, true],
  ])('%i of %i', (changed, of, expected) => {
    expect(surprising(changed, of)).toBe(expected);
  });

  it('is held back until three scans in a row agree on it', () => {
    const scanner = new Scanner();
    const truth = fleet(60);
    scanner.scan(NOW, truth);
    const stopped = truth.map((one, i) => (i < 40 ? off({ id: one.id }) : one));
    scanner.scan(NOW + 5 * MINUTE, stopped);
    scanner.scan(NOW + 10 * MINUTE, stopped);
    expect(scanner.memory.held).toMatchObject({ reads: 2, changed: 40, of: 60 });
    expect(scanner.state('p0')).toBe('up');
    scanner.scan(NOW + 15 * MINUTE, stopped);
    expect(scanner.state('p0')).toBe('stopped');
    expect(scanner.memory.held).toBeNull();
  });

  it('is not agreed on by three scans in half a minute', () => {
    const scanner = new Scanner();
    const truth = fleet(60);
    scanner.scan(NOW, truth);
    const stopped = truth.map(({ id }) => off({ id }));
    for (let i = 0; i < 5; i++) scanner.scan(NOW + 5 * MINUTE + i * 10_000, stopped);
    expect(scanner.state('p0')).toBe('up');
    expect(scanner.memory.held?.reads).toBe(1);
  });

  it('begins anew where the next scan shows something else', () => {
    const scanner = new Scanner();
    const truth = fleet(60);
    scanner.scan(NOW, truth);
    scanner.scan(NOW + 5 * MINUTE, [], truth);
    scanner.scan(NOW + 10 * MINUTE, truth.slice(0, 20), truth);
    expect(scanner.memory.held).toMatchObject({ reads: 1, since: NOW + 5 * MINUTE });
    scanner.scan(NOW + 15 * MINUTE, truth);
    expect(scanner.memory.held).toBeNull();
    expect(scanner.pods).toHaveLength(60);
  });

  it('that is agreed on still terminates nobody without proof', () => {
    const scanner = new Scanner();
    const truth = fleet(60);
    scanner.scan(NOW, truth);
    for (let i = 1; i <= 8; i++) scanner.scan(NOW + i * 5 * MINUTE, [], truth);
    expect(scanner.pods).toHaveLength(60);
    expect(scanner.whats()).toEqual([]);
  });

  it('that we caused ourselves is none', () => {
    const scanner = new Scanner();
    const truth = fleet(20);
    scanner.scan(NOW, truth);
    const acts: OwnActs = new Map(truth.map(({ id }) => [id, { status: 'stopped' as const, since: NOW + MINUTE }]));
    scanner.scan(
      NOW + 5 * MINUTE,
      truth.map(({ id }) => off({ id })),
      [],
      acts,
    );
    expect(scanner.memory.held).toBeNull();
    expect(scanner.state('p7')).toBe('stopped');
  });

  it('is not looked for after a day of silence: everything is as new', () => {
    const scanner = new Scanner();
    scanner.scan(NOW, fleet(60));
    scanner.scan(
      NOW + DAY + 1,
      fleet(60).map(({ id }) => off({ id })),
    );
    expect(scanner.memory.held).toBeNull();
    expect(scanner.whats()).toEqual([]);
  });
});

/** A fleet that changes by itself, and one read in its history that shows anything at all. */
const pods = fc.array(fc.record({ id: fc.integer({ min: 0, max: 14 }), up: fc.boolean() }), {
  minLength: 8,
  maxLength: 15,
});
const toFleet = (states: { id: number; up: boolean }[]) =>
  [...new Map(states.map((one) => [one.id, one])).values()].map(({ id, up }) =>
    up ? pod({ id: `p${id}` }) : off({ id: `p${id}` }),
  );

it('one bad read, whatever it shows, changes nothing that is believed, and nothing that is found', () => {
  fc.assert(
    fc.property(pods, pods, fc.constantFrom('list', 'empty', 'half', 'rates'), (states, lies, kind) => {
      const truth = toFleet(states);
      const bad = {
        list: toFleet(lies).filter(({ id }) => truth.some((one) => one.id === id)),
        empty: [],
        half: truth.filter((_, i) => i % 2 === 0),
        rates: truth.map((one) => ({ ...one, microUsdPerHour: one.microUsdPerHour * 1000 })),
      }[kind];
      const honest = new Scanner();
      const lied = new Scanner();
      for (const scanner of [honest, lied]) scanner.scan(NOW, truth);
      honest.scan(NOW + 5 * MINUTE, truth);
      lied.scan(NOW + 5 * MINUTE, bad, truth);
      expect(burnRates(lied)).toEqual(burnRates(honest));
      expect(hits(lied)).toEqual(hits(honest));
      for (const scanner of [honest, lied]) scanner.scan(NOW + 10 * MINUTE, truth);
      expect(lied.pods.map(({ id }) => id).sort()).toEqual(honest.pods.map(({ id }) => id).sort());
      expect(lied.memory.changes).toEqual([]);
      expect(hits(lied)).toEqual(hits(honest));
    }),
    { numRuns: 300 },
  );
});

const burnRates = ({ pods: believed }: Scanner) => burnOf(believed, [], 0);

function hits({ memory, pods: believed }: Scanner) {
  const all = believed.map((one) => ({ ...known(one), memory: memory.pods[one.id] as never }));
  const given = world(all, { memory: { ...memory, begunAt: NOW - 40 * DAY }, now: NOW + 40 * DAY });
  return findHits(given)
    .map(({ rule, subject }) => `${rule} ${subject}`)
    .sort();
}

describe('RunPod’s own sentence', () => {
  it.each([
    [
      'Exited by user: Fri Jul 12 2024 15:14:40 GMT-0400 (Eastern Daylight Time)',
      'Exited by user',
      Date.parse('2024-07-12T19:14:40Z'),
    ],
    ['Outbid: Fri Jul 12 2024 15:14:40 GMT+0000 (UTC)', 'Outbid', Date.parse('2024-07-12T15:14:40Z')],
    [
      'Exited by RunPod: Insufficient balance: Fri Jul 12 2024 15:14:40 GMT+0000 (UTC)',
      'Exited by RunPod: Insufficient balance',
      Date.parse('2024-07-12T15:14:40Z'),
    ],
    ['Exited by RunPod: Insufficient balance', 'Exited by RunPod: Insufficient balance', null],
    ['', '', null],
    ['something else', 'something else', null],
  ])('%s', (sentence, text, at) => {
    expect(readSaid(sentence)).toEqual({ text, at });
  });
});

it('nothing is proven by nothing', () => {
  const scanner = new Scanner();
  scanner.scan(NOW, [pod()]);
  const believed = believePods(scanner.memory, { at: NOW + 1, pods: [], said: new Map() }, NO_ACTS, NOTHING, 5);
  expect(Object.keys(believed.pods)).toEqual(['pod1']);
});
