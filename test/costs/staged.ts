import { tickDigests, writeDigest } from '../../src/jobs/digests.ts';
import { readBilling } from '../../src/jobs/read-billing.ts';
import { place, type Stage, stage } from '../scans/stage.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const signal = new AbortController().signal;

interface Owed {
  name: string;
  payload: { room: string; kind: 'daily' | 'weekly'; last: string };
}

/** One turn of a worker: what the tick asks for is done, until nothing is owed any more. */
export async function turn({ context }: Pick<Stage, 'context'>): Promise<void> {
  for (let round = 0; round < 12; round++) {
    const owed: Owed[] = [];
    const mine = {
      ...context,
      enqueue: async (...[job, payload, options]: Parameters<typeof context.enqueue>) => {
        const here = job.name === writeDigest.name || job.name === readBilling.name;
        if (here) owed.push({ name: job.name, payload: payload as Owed['payload'] });
        else await context.enqueue(job, payload, options);
      },
    };
    await tickDigests(mine);
    if (owed.length === 0) return;
    for (const { name, payload } of owed) {
      if (name === writeDigest.name) await writeDigest.handle(payload, mine, signal);
      else await readBilling.handle({}, mine, signal);
    }
  }
  throw new Error('a worker never came to an end');
}

/** A pod that was seen running yesterday, and a digest of it that is due now. */
export async function digestDue(redisPath: string, policy: string): Promise<Stage> {
  const s = await stage(redisPath, policy, 100_000);
  place(s, { id: 'vision', name: 'vision', gpu: 'RTX 4090' });
  await s.scan();
  await turn(s);
  s.time.now = Date.parse('2026-11-25T09:00:00Z');
  await s.scan();
  return s;
}

/** Scans, reads billing and posts what is due, at every step until then. */
export async function live(s: Stage, until: number, stepMs: number): Promise<void> {
  while (s.time.now < until) {
    s.time.now = Math.min(until, s.time.now + stepMs);
    await s.scan();
    await readBilling.handle({}, s.context, signal);
    await turn(s);
    await s.quiet();
  }
}

/** Digests of a chat by their titles, as they stand in the channel. */
export const digestsIn = (s: Stage, chat: 'slack' | 'discord'): string[] =>
  s[chat]
    .visibleTo(null)
    .filter(({ text, thread }) => !thread && /Costs \w|Nothing was spent/.test(text))
    .map(({ text }) => text);
