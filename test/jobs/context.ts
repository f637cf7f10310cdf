import type { GovernedContext } from '../../src/jobs/approvals.ts';
import { DirectStops } from '../../src/jobs/direct-stop.ts';
import { pageOut } from '../../src/jobs/names.ts';
import type { Clocks } from '../../src/jobs/ports.ts';
import { DEFAULT_THRESHOLDS } from '../../src/policy/findings/thresholds.ts';
import type { LaunchDefaults } from '../../src/policy/launch.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Budgets } from '../../src/store/budgets.ts';
import { Choices } from '../../src/store/choices.ts';
import type { RedisClient } from '../../src/store/connect.ts';
import { Costs } from '../../src/store/costs.ts';
import { Digests } from '../../src/store/digests.ts';
import { Findings } from '../../src/store/findings.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Links } from '../../src/store/links.ts';
import { Owners } from '../../src/store/owners.ts';
import { Replies } from '../../src/store/replies.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { BOB, CAROL } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { FakeProvider } from './provider.ts';

export const KEY = '0123456789abcdef0123456789abcdef';
export const PEOPLE = [ALICE, BOB, CAROL].map(({ account, person, name }) => ({
  key: person ?? '',
  name,
  accounts: [account],
}));

const APPROVERS = {
  name: 'approvers',
  grant: ['approve' as const],
  deny: [],
  people: ['alice', 'bob', 'carol'],
  accounts: [],
  groups: [],
};

const DEFAULTS: LaunchDefaults = {
  market: 'on-demand',
  image: 'team/image',
  template: null,
  diskGb: 50,
  volumeDiskGb: 20,
  volumePath: '/workspace',
  ports: ['22/tcp'],
  startSsh: true,
  cloud: 'SECURE',
  spotCeiling: 1,
  maxDiskGb: 2000,
};

/** The real time that such a context begins at, ms. */
export const REAL_NOW = 1_000_000;

/** All that a worker's jobs are given, over a real store and a RunPod in memory, on a clock that only pauses and the test move. */
export function governed(redis: RedisClient, breaker = { requests: 5, windowMs: 600_000 }) {
  const provider = new FakeProvider();
  const time = { now: NOW, real: REAL_NOW };
  const enqueued: { name: string; payload: unknown }[] = [];
  const audit = new Audit(redis, KEY);
  const clocks: Clocks = {
    now: () => time.now,
    realNow: () => time.real,
    pause: async (ms, signal) => {
      signal.throwIfAborted();
      time.real += ms;
    },
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const approvals = new Approvals(redis, audit);
  let ids = 0;
  const context: GovernedContext = {
    provider,
    ledger: new Ledger(redis, audit),
    approvals,
    audit,
    direct: new DirectStops({ provider, clocks, log, audit }),
    links: new Links(redis, audit, approvals),
    owners: new Owners(redis, audit),
    findings: new Findings(redis),
    choices: new Choices(redis),
    costs: new Costs(redis),
    budgets: new Budgets(redis, audit),
    digests: new Digests(redis),
    newId: () => `i${++ids}`,
    pages: pageOut,
    pager: null,
    governance: {
      access: { homeChat: 'slack', rules: [APPROVERS] },
      people: PEOPLE,
      approvals: { quorum: 1, ownerWaitMs: 600_000, guests: false, breaker },
      workingHours: { days: [1, 2, 3, 4, 5], from: 9, to: 18 },
      rooms: [{ name: 'gpu', timezone: 'UTC', channels: [{ chat: 'slack' }], digest: [] }],
      defaultRoom: 'gpu',
      thresholds: DEFAULT_THRESHOLDS,
      quietHours: { from: 0, to: 0 },
      scanMs: 300_000,
      projects: [],
      budgets: { base: new Map(), beyond: 'ask' },
      digest: { hour: 9, weekday: 1 },
      presets: {},
      defaults: DEFAULTS,
    },
    tell: async () => {},
    snapshots: new Snapshots(redis),
    replies: new Replies(redis, audit),
    enqueue: async (job, payload) => {
      enqueued.push({ name: job.name, payload });
    },
    clocks,
    log,
    settleMs: 1000,
    newSuffix: () => 'bbbbbb',
  };
  return { provider, time, enqueued, context, approvals, signal: new AbortController().signal };
}
