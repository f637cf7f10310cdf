import type { Audit } from './audit.ts';
import type { RedisClient } from './connect.ts';
import { key } from './keys.ts';

/** A question that is never answered goes away by itself. */
const TTL_MS = 60 * 60_000;
const KIND = 'draft';
/** Of a signature, in hexadecimal digits. */
const MAC_LENGTH = 64;

/**
 * What a person was asked to choose from: buttons carry the id, the choice waits here. Signed: which pods a form asks to
 * terminate is nothing that somebody with Redis alone may choose.
 */
export class Drafts {
  private readonly redis: RedisClient;
  private readonly audit: Pick<Audit, 'sign' | 'isSigned'>;

  constructor(redis: RedisClient, audit: Pick<Audit, 'sign' | 'isSigned'>) {
    this.redis = redis;
    this.audit = audit;
  }

  async put(id: string, draft: object): Promise<void> {
    const json = JSON.stringify(draft);
    await this.redis.set(key('draft', id), `${this.audit.sign(KIND, `${id}\n${json}`)}${json}`, 'PX', TTL_MS);
  }

  /** Null also where it is not as it was put. */
  async get(id: string): Promise<unknown> {
    const stored = (await this.redis.get(key('draft', id))) ?? '';
    const [mac, json] = [stored.slice(0, MAC_LENGTH), stored.slice(MAC_LENGTH)];
    return this.audit.isSigned(KIND, `${id}\n${json}`, mac) ? JSON.parse(json) : null;
  }
}
