import { parseRedisUrl } from '../../src/config/redis-url.ts';
import { connect, type RedisAddress } from '../../src/store/connect.ts';

/** Connects as Podwarden does, in a process of its own: trusted certificates are read when one starts. */
const client = connect(parseRedisUrl(process.argv[2] ?? '') as RedisAddress, 'worker', (error) => say(error));
client.ping().then(say, () => {});

function say(text: string): void {
  process.stdout.write(`${text}\n`, () => process.exit(0));
}
