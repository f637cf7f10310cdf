import type { Task } from './dispatch.ts';
import type { Message } from './message/message.ts';

/** An event in the hands of this process. */
export interface Held extends Task {
  id: string;
  owner: string;
  /** How often it was begun before. */
  runs: number;
  /** Its answer may be on the way, or is given or kept: whoever takes it over would say it once more. */
  answering?: boolean;
  answered?: boolean;
  /** Its work has begun here: until then a front may still lose it. */
  begun?: boolean;
  /** The store has not said yet that it has it: nobody else may know of it. */
  unwritten?: boolean;
  /** What is said in place of its form, and all that will be said. */
  instead?: Message;
  /** By the process's own steady clock, ms. */
  takenAt: number;
}
