import type { RedisClient } from '../../src/store/connect.ts';

/**
 * A connection whose commands pass through `command` first: `run` carries the command out, and what `command` gives or
 * throws is what its caller sees.
 */
export function interposed(
  client: RedisClient,
  command: (name: string, args: unknown[], run: () => Promise<unknown>) => Promise<unknown>,
): RedisClient {
  return new Proxy(client, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        command(String(name), args, async () => Reflect.apply(member, target, args) as unknown);
    },
  });
}
