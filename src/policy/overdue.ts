import { clockState, clockText } from './clock.ts';

/** An approval that is not executing within this of being due is explained on its card, ms. */
export const OVERDUE_MS = 60_000;
/** So many jobs are a queue that an approval may wait in. */
const BUSY_JOBS = 20;

/** What may keep a due approval from being carried out, as it stands now. */
export interface Surroundings {
  worker: 'responding' | 'silent' | 'never-seen';
  /** Machines of workers whose clock differs; `ahead` in ms. */
  clocks: readonly { host: string; ahead: number }[];
  /** Chats where somebody who approved was not read lately. */
  unread: readonly string[];
  /** RunPod's API fails, in words; text from outside. Null while it answers. */
  failing: string | null;
  /** Jobs that wait for the worker. */
  waiting: number;
}

/** Why it has not begun, and what to do: the cause that would hold it up whatever else is the matter comes first. */
export function whyOverdue({ worker, clocks, unread, failing, waiting }: Surroundings): string {
  if (worker === 'never-seen') return 'no Podwarden worker has ever run here. Start one';
  if (worker === 'silent') return 'the Podwarden worker is not responding. Start it again, or read its log';
  const wrong = clocks.find(({ ahead }) => clockState(ahead) === 'wrong');
  if (wrong)
    return `the clock of the worker’s machine ${wrong.host} is ${clockText(wrong.ahead)}, so it refuses to act. Set that machine’s clock (NTP)`;
  if (unread.length > 0)
    return `Podwarden has not been able to read the approver’s account on ${unread.join(' and ')} lately, so it cannot check their rights. It tries again every five minutes`;
  if (failing !== null) return `RunPod does not answer (${failing}). It is tried again`;
  if (waiting >= BUSY_JOBS) return `${waiting} jobs wait for the worker. It takes its turn`;
  return 'the worker has not begun it, and does not say why. Read its log';
}
