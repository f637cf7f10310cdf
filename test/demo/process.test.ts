import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { SECRETS } from '../../demo/world/world.ts';
import { programOf } from './processes.ts';

it('a bot whose demo was killed while it started ends with it', { timeout: 20_000 }, async () => {
  const { RUNPOD_API_KEY: _, ...chats } = SECRETS;
  const child = spawn(process.execPath, [programOf(), 'bot'], {
    env: {
      PATH: process.env.PATH,
      ...chats,
      // It is waited for, for half a minute.
      REDIS_URL: 'unix:///nowhere/redis.sock',
      PODWARDEN_CONFIG: 'demo/podwarden.yaml',
      PODWARDEN_AUDIT_KEY: '0123456789abcdef0123456789abcdef',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [first] = await once(child.stderr ?? child, 'data');
  expect(String(first)).toContain('Redis');
  child.disconnect();
  expect(await exited).toEqual([1, null]);
});
