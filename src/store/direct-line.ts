import type { Redis } from 'ioredis';
import { z } from 'zod';
import { personRef } from '../policy/identity.ts';
import type { Audit } from './audit.ts';
import { type RedisClient, storeRefuses } from './connect.ts';
import { key } from './keys.ts';

const STOPS = key('direct', 'stops');
const ANSWERS = key('direct', 'answers');
/** A question older than this is not answered: somebody with Redis alone could have kept it, ms. */
const FRESH_MS = 30_000;
const MAX_SEEN = 1000;

const stop = z.object({ id: z.string(), pod: z.string(), by: personRef, at: z.number() });
export type DirectStop = z.infer<typeof stop>;

const answer = z.object({
  id: z.string(),
  /** `accepted`: RunPod took it, and the pod was still up when it was last read. */
  kind: z.enum(['stopped', 'accepted', 'refused', 'failed']),
  detail: z.string(),
});
export type DirectAnswer = Omit<z.infer<typeof answer>, 'id'> | { kind: 'no-worker' | 'no-answer'; detail: '' };

/**
 * From a bot to a worker without a write: Redis passes messages on also where it is out of memory and takes nothing. For a
 * stop alone, which may be sent twice and deletes nothing. Both directions are signed.
 */
export class DirectLine {
  private readonly redis: RedisClient;
  private readonly listener: RedisClient;
  private readonly audit: Audit;
  private readonly waiting = new Map<string, (answer: DirectAnswer) => void>();
  private readonly seen = new Set<string>();

  constructor(redis: RedisClient, audit: Audit) {
    this.redis = redis;
    this.listener = (redis as Redis).duplicate();
    this.listener.on('error', () => {});
    this.audit = audit;
  }

  /** A bot's end. */
  async open(): Promise<void> {
    await this.listener.subscribe(ANSWERS);
    this.listener.on('message', (_, text) => {
      const said = this.read('answer', text, answer);
      if (said) this.waiting.get(said.id)?.(said);
    });
  }

  async ask(wanted: DirectStop, patienceMs: number): Promise<DirectAnswer> {
    const answered = new Promise<DirectAnswer>((resolve) => this.waiting.set(wanted.id, resolve));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<DirectAnswer>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'no-answer', detail: '' }), patienceMs);
    });
    try {
      const heard = await this.redis.publish(STOPS, this.signed('stop', wanted));
      // In a Cluster, nodes count their own listeners alone.
      if (heard === 0 && !this.redis.isCluster) return { kind: 'no-worker', detail: '' };
      return await Promise.race([answered, late]);
    } catch (error) {
      // Our user may use no channels: nobody heard it.
      if (!storeRefuses(error)) throw error;
      return { kind: 'no-worker', detail: '' };
    } finally {
      clearTimeout(timer);
      this.waiting.delete(wanted.id);
    }
  }

  /** A worker's end. */
  async serve(realNow: () => number, carryOut: (wanted: DirectStop) => Promise<DirectAnswer>): Promise<void> {
    await this.listener.subscribe(STOPS);
    this.listener.on('message', (_, text) => {
      const wanted = this.read('stop', text, stop);
      if (!wanted || Math.abs(realNow() - wanted.at) > FRESH_MS || this.seen.has(wanted.id)) return;
      this.seen.add(wanted.id);
      if (this.seen.size > MAX_SEEN) this.seen.delete([...this.seen][0] ?? '');
      void carryOut(wanted)
        .then((said) => this.redis.publish(ANSWERS, this.signed('answer', { id: wanted.id, ...said })))
        .catch(() => {});
    });
  }

  close(): void {
    this.listener.disconnect();
  }

  private signed(kind: string, value: object): string {
    const json = JSON.stringify(value);
    return JSON.stringify({ json, mac: this.audit.sign(`direct ${kind}`, json) });
  }

  private read<S extends z.ZodType>(kind: string, text: string, schema: S): z.infer<S> | null {
    try {
      const { json, mac } = JSON.parse(text) as { json: string; mac: string };
      if (!this.audit.isSigned(`direct ${kind}`, json, mac)) return null;
      return schema.parse(JSON.parse(json));
    } catch {
      return null;
    }
  }
}
