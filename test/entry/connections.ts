import type { Connections } from '../../src/entry/process.ts';
import { connect } from '../../src/store/connect.ts';

/** A part's own connections to a test's Redis, for whichever user of it; to be closed by whoever opened them. */
export function connectionsTo(path: string, auth: { username?: string; password?: string } = {}): Connections {
  const open = () => connect({ kind: 'socket', path, db: 0, auth }, 'worker', () => {});
  const [producer, worker] = [open(), open()];
  const close = async () => {
    producer.disconnect();
    worker.disconnect();
  };
  return { producer, worker, close };
}
