import { z } from 'zod';

/** Batches that lately terminated something. One approved batch counts once, however many pods it has. */
export const breaker = z.object({ rev: z.int(), runs: z.array(z.object({ batch: z.string(), at: z.number() })) });
export type Breaker = z.infer<typeof breaker>;

/** The next state where this batch may run now; null where it would be one too many and must wait for a person. */
export function admit(
  { rev, runs }: Breaker,
  batch: string,
  now: number,
  { requests, windowMs }: { requests: number; windowMs: number },
): Breaker | null {
  const recent = runs.filter(({ at }) => now - at < windowMs);
  if (recent.some((run) => run.batch === batch)) return { rev: rev + 1, runs: recent };
  if (recent.length >= requests) return null;
  return { rev: rev + 1, runs: [...recent, { batch, at: now }] };
}
