import { type Failing, failedAgain } from '../policy/posting.ts';
import { ChatError, isNetworkError } from './failure.ts';

/** Real ms; null for never since this process began. */
export interface PulseState {
  isOpen: boolean;
  /** Since when it is so. */
  changedAt: number;
  eventAt: number | null;
  postedAt: number | null;
  /** Null where the last post worked, or there was none. */
  failing: Failing | null;
}

/** What a front notes of its own connection, for whoever watches it. */
export class Pulse {
  private readonly now: () => number;
  private state: PulseState;

  constructor(now: () => number) {
    this.now = now;
    this.state = { isOpen: false, changedAt: now(), eventAt: null, postedAt: null, failing: null };
  }

  connection(isOpen: boolean): void {
    if (isOpen !== this.state.isOpen) this.state = { ...this.state, isOpen, changedAt: this.now() };
  }

  /** Something came in: the connection is one. */
  event(): void {
    this.connection(true);
    this.state.eventAt = this.now();
  }

  /** Passes on what a post or an edit came to. Private answers go another way, and say nothing of posts. */
  async posted<T>(post: Promise<T>): Promise<T> {
    try {
      const ref = await post;
      this.state = { ...this.state, postedAt: this.now(), failing: null };
      return ref;
    } catch (error) {
      if (isOutage(error)) this.failed(error as Error);
      throw error;
    }
  }

  read(): PulseState {
    return { ...this.state };
  }

  private failed(error: Error): void {
    const pauseMs = error instanceof ChatError && error.failure.kind === 'wait' ? (error.failure.ms ?? 0) : 0;
    this.state.failing = failedAgain(this.state.failing, wordsOf(error), pauseMs, this.now());
  }
}

/** Discord's and Slack's limits of one channel, thread, message or person: they say nothing of the others. */
const OF_ONE_PLACE: readonly string[] = [
  '20016',
  '20022',
  '20028',
  '30046',
  '40003',
  'external_channel_migrating',
  'streaming_state_conflict',
  'update_failed',
];

/** The chat is away or has had enough, whatever is posted and wherever. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof ChatError)) return isNetworkError(error);
  return error.failure.kind === 'wait' && !OF_ONE_PLACE.includes(error.code);
}

const MOST_WORDS = 120;
/** Without the chat's own name, which stands beside it. */
const wordsOf = ({ message }: Error): string => message.replace(/^(Slack|Discord): /, '').slice(0, MOST_WORDS);
