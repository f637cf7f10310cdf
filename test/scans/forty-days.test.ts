import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPod } from '../../emulators/runpod/pods.ts';
import { announce } from '../../src/jobs/names.ts';
import { RULES } from '../../src/policy/findings/thresholds.ts';
import { FACTS, newRow, SPEC } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { BEGIN, type Post, place, type Stage, stage, Watcher } from './stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GOLDEN = fileURLToPath(new URL('../golden/forty-days.json', import.meta.url));
const POLICY = `
timezone: UTC
rooms: { gpu: { slack: { channel: C0GPU }, discord: { channel: "800000000000000001", money: true } } }
people:
  alice: { name: alice, slack: T0PODW/U0ALICE, discord: "700000000000000001" }
  bob: { name: bob, slack: T0PODW/U0BOB, discord: "700000000000000002" }
  carol: { name: carol, slack: T0PODW/U0CAROL, discord: "700000000000000003" }
roles:
  ops: { people: [carol] }
warnings: { balance_below: [1000] }
`;

const redis = useRedis();
const watch = { slack: new Watcher(), discord: new Watcher() };
let staged: Stage;

/** 60 pods: ten off, thirty at work, five that are nobody's, and one or two for each other rule. */
function fill(s: Stage): void {
  const volume = (id: string, size = 100) => s.account.volumes.set(id, { id, name: id, size, dataCenter: 'EU-RO-1' });
  volume('old-data', 1500);
  for (let i = 1; i <= 10; i++)
    place(s, { id: `shelf${i}`, name: `alice-shelf${i}-k3f9t2`, volumeDiskGb: 100, up: false });
  const work = (id: string, name: string, more = {}) => {
    volume(`nv-${id}`);
    return place(s, { id, name, networkVolume: `nv-${id}`, ...more });
  };
  for (let i = 1; i <= 30; i++) work(`train${i}`, `bob-train${i}-k3f9t2`);
  for (let i = 1; i <= 5; i++) work(`mystery${i}`, `mystery${i}`);
  work('w1', 'carol-w1-k3f9t2');
  place(s, { id: 'w2', name: 'carol-w2-k3f9t2', networkVolume: 'nv-w1' });
  place(s, { id: 'bare', name: 'carol-bare-k3f9t2', volumeDiskGb: 20 });
  for (const id of ['idle', 'zero', 'stuck', 'error']) work(id, `bob-${id}-k3f9t2`);
  place(s, { id: 'spot', name: 'alice-spot-k3f9t2', volumeDiskGb: 20, spot: true });
  work('first', 'alice-pair-k3f9t2');
  work('twin', 'alice-pair-bbbbbb');
  for (let i = 1; i <= 5; i++) work(`extra${i}`, `carol-extra${i}-k3f9t2`, { up: false });
}

/** Launches of ours: a spot pod, and one that two pods came of. */
async function launches(s: Stage): Promise<void> {
  const facts = (name: string) => ({ ...FACTS, name });
  const spot = { ...SPEC, market: 'spot' as const, middle: 'spot' };
  const home = { chat: 'slack', channel: 'C0GPU' };
  const by = { account: 'slack:T0PODW/U0ALICE', person: 'alice', name: 'alice' };
  await s.context.ledger.add(
    newRow({ id: 'prow1', status: 'running', podId: 'spot', spec: spot, facts: facts('alice-spot-k3f9t2'), home, by }),
    () => null,
  );
  await s.context.ledger.add(
    newRow({
      id: 'prow2',
      status: 'running',
      podId: 'first',
      facts: facts('alice-pair-k3f9t2'),
      home,
      by,
      duplicates: ['twin'],
    }),
    () => null,
  );
}

/** Their cards are there, as of any launch. */
async function announced(s: Stage): Promise<void> {
  for (const row of ['prow1', 'prow2']) await s.context.enqueue(announce, { row });
  await s.quiet();
}

const pod = (s: Stage, id: string) => {
  const found = s.account.pods.get(id);
  if (!found) throw new Error(`no pod ${id}`);
  return found;
};

/** What happens on which day; times in ms from the beginning. */
const STORY: [at: number, what: (s: Stage) => void][] = [
  [4 * DAY, (s) => Object.assign(pod(s, 'train1'), { name: 'bob-renamed-k3f9t2', disk: 80 })],
  [6 * DAY, (s) => Object.assign(pod(s, 'idle'), { util: 0 })],
  [7 * DAY, (s) => Object.assign(pod(s, 'idle'), { util: 71 })],
  [7 * DAY + HOUR, (s) => Object.assign(pod(s, 'zero'), { gpuCount: 0, rate: 0 })],
  [7 * DAY + 2 * HOUR, (s) => s.account.stop(pod(s, 'zero'), 'Exited by user')],
  [8 * DAY, (s) => Object.assign(pod(s, 'stuck'), { reportsAt: Number.POSITIVE_INFINITY })],
  [8 * DAY + 3 * HOUR, (s) => Object.assign(pod(s, 'stuck'), { reportsAt: null })],
  [
    9 * DAY,
    (s) => {
      s.account.stop(pod(s, 'error'), 'Exited by Runpod');
      pod(s, 'error').status = 'ERROR';
    },
  ],
  [10 * DAY, (s) => s.account.stop(pod(s, 'spot'), 'Outbid')],
  [13 * DAY, (s) => s.account.terminate(pod(s, 'twin'), 'Terminated by user')],
  [
    14 * DAY,
    (s) => {
      for (let i = 1; i <= 5; i++) {
        pod(s, `extra${i}`).rate = 20;
        startPod(pod(s, `extra${i}`), s.account, false);
      }
    },
  ],
  [
    14 * DAY + 2 * HOUR,
    (s) => {
      for (let i = 1; i <= 5; i++) s.account.stop(pod(s, `extra${i}`), 'Exited by user');
    },
  ],
  // A card that is charged $8 at a time, twice: auto-pay, and less than an hour's burn.
  [20 * DAY, (s) => s.account.setBalance(s.account.balance + 8)],
  [21 * DAY, (s) => s.account.setBalance(s.account.balance + 8)],
  [34 * DAY, (s) => s.account.setBalance(s.account.burnPerHour() * 75)],
  [37 * DAY + 2 * HOUR, (s) => s.account.setBalance(2000)],
];

beforeEach(async () => {
  staged = await stage(redis.path(), POLICY, 100_000);
}, 60_000);
afterEach(async () => {
  await staged?.close();
});

describe('forty days of sixty pods', () => {
  it('post exactly what is expected, on both platforms, through every rule', { timeout: 400_000 }, async () => {
    const s = staged;
    fill(s);
    await launches(s);
    await announced(s);
    for (const chat of ['slack', 'discord'] as const) watch[chat].forget(s[chat]);
    const look = () => {
      for (const chat of ['slack', 'discord'] as const) watch[chat].look(s[chat], s.time.now);
    };
    const rules = new Set<string>();
    const scan = async () => {
      await s.scan();
      for (const { rule, told } of await s.context.findings.open()) if (told) rules.add(rule);
      look();
    };
    expect(s.account.pods.size).toBe(60);
    await scan();
    const events = STORY.map(([at, what]) => ({ at: BEGIN + at, what }));
    // By the hour, and every five minutes around what happens.
    while (s.time.now < BEGIN + 40 * DAY) {
      const near = events.some(({ at }) => s.time.now >= at && s.time.now < at + HOUR);
      s.time.now += near ? 5 * 60_000 : HOUR;
      for (const { what } of events.filter(({ at }) => at === s.time.now)) {
        s.account.settle();
        what(s);
      }
      await scan();
    }
    const posts = inOrder(watch.slack.posts);
    const expected = golden(posts);
    expect(posts).toEqual(expected);
    // Of what was launched from one chat the card stands in its thread there, with a line that leads to it.
    const said = (posts: Post[]) =>
      [...new Set(posts.map(heading))].filter((text) => !/the pod is gone from RunPod|spot: Stopped/.test(text)).sort();
    expect(said(watch.discord.posts)).toEqual(said(expected));
    // Budgets are spent by the bill, which no scan reads: they have a test of their own.
    expect([...rules].sort()).toEqual(RULES.filter((rule) => rule !== 'budget').sort());
  });
});

/** The first line that is no mention, without what each platform draws its own way. */
function heading({ at, text }: Post): string {
  const lines = text.split('\n').filter((line) => !/^(@\S+\s*)+$/.test(line.trim()));
  return `${at} ${(lines[0] ?? '').replace(/^[🟢🟡🔴] /u, '')}`;
}

/** What is said at one moment is told by jobs of its own, in any order. */
function inOrder(posts: Post[]): Post[] {
  const key = ({ at, where, text }: Post) => `${at} ${where} ${text}`;
  return [...posts].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function golden(posts: Post[]): Post[] {
  if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, `${JSON.stringify(posts, null, 2)}\n`);
  return JSON.parse(readFileSync(GOLDEN, 'utf8')) as Post[];
}
