import type { Audit } from './audit.ts';
import { isOutOfMemory, type RedisClient } from './connect.ts';
import { key } from './keys.ts';

const ACCOUNT = key('runpod', 'account');
const KEYS = key('runpod', 'keys');
const KIND = 'runpod account';

export class AccountMismatch extends Error {
  constructor() {
    super(
      'RUNPOD_API_KEY belongs to another Runpod account than the one that this Redis was begun with: every pod of the first would look terminated. Use a key of the first account, or give this one its own Redis (REDIS_URL or PODWARDEN_DATA; see docs/operating.md#one-runpod-account).',
    );
    this.name = 'AccountMismatch';
  }
}

/** Which RunPod account this Redis is about. Redis holds signatures of the account and of its keys, and neither of them. */
export class AccountPin {
  private readonly redis: RedisClient;
  private readonly audit: Audit;

  constructor(redis: RedisClient, audit: Audit) {
    this.redis = redis;
    this.audit = audit;
  }

  /** Whether this key was seen to be one of the account, so that RunPod need not be asked. */
  async knows(apiKey: string): Promise<boolean> {
    const account = await this.redis.get(ACCOUNT);
    return account !== null && (await this.redis.sismember(KEYS, this.markOf(account, apiKey))) === 1;
  }

  /** The first account to come is the one; a new key of it is as good as the old. @throws AccountMismatch */
  async claim(accountId: string, apiKey: string): Promise<void> {
    const mine = this.audit.sign(KIND, accountId);
    if ((await this.redis.get(ACCOUNT)) === null) await this.redis.set(ACCOUNT, mine, 'NX');
    if ((await this.redis.get(ACCOUNT)) !== mine) throw new AccountMismatch();
    await this.redis.sadd(KEYS, this.markOf(mine, apiKey)).catch((error: Error) => {
      // Its account was checked; the next start asks for it again.
      if (!isOutOfMemory(error)) throw error;
    });
  }

  private markOf(account: string, apiKey: string): string {
    return this.audit.sign(KIND, `${account}\n${apiKey}`);
  }
}
