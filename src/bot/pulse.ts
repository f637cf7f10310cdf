/** Real ms; null for never since this process began. */
export interface PulseState {
  isOpen: boolean;
  /** Since when it is so. */
  changedAt: number;
  eventAt: number | null;
  postedAt: number | null;
}

/** What a front notes of its own connection, for whoever watches it. */
export class Pulse {
  private readonly now: () => number;
  private state: PulseState;

  constructor(now: () => number) {
    this.now = now;
    this.state = { isOpen: false, changedAt: now(), eventAt: null, postedAt: null };
  }

  connection(isOpen: boolean): void {
    if (isOpen !== this.state.isOpen) this.state = { ...this.state, isOpen, changedAt: this.now() };
  }

  /** Something came in: the connection is one. */
  event(): void {
    this.connection(true);
    this.state.eventAt = this.now();
  }

  /** Passes on what a post or an edit came to. */
  async posted<T>(post: Promise<T>): Promise<T> {
    const ref = await post;
    this.state.postedAt = this.now();
    return ref;
  }

  read(): PulseState {
    return { ...this.state };
  }
}
