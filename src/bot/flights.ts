/**
 * Reads of the same thing are shared, but never one that was sent before somebody asked: its answer may be older than their
 * question. Whoever comes while one is under way waits for it to end, and all of them share the next.
 */
export class Flights<T> {
  /** Not sent yet: whoever asks now may have its answer. */
  private readonly open = new Map<string, Promise<T>>();
  /** The newest of each key, sent or not. */
  private readonly newest = new Map<string, Promise<void>>();

  /** `read` calls `sending` right before it asks. */
  share(key: string, read: (sending: () => void) => Promise<T>): Promise<T> {
    const shared = this.open.get(key);
    if (shared) return shared;
    const close = () => {
      if (this.open.get(key) === flight) this.open.delete(key);
    };
    const before = this.newest.get(key) ?? Promise.resolve();
    const flight: Promise<T> = before.then(() => read(close));
    const over = () => {
      close();
      if (this.newest.get(key) === ended) this.newest.delete(key);
    };
    const ended: Promise<void> = flight.then(over, over);
    this.open.set(key, flight);
    this.newest.set(key, ended);
    return flight;
  }
}
