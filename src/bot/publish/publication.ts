import type { AccountId, PersonRef, Place } from '../../policy/identity.ts';
import type { MessageRef } from '../front.ts';
import type { Message } from '../message/message.ts';

/** In whose thread a part stands: of another part in the same place, or of a message that is kept elsewhere. */
export interface PartThread {
  of: string | { ref: MessageRef };
  title: string;
}

/** One message in one place. */
export interface Part {
  /** Its name in that place. Its copy is found by it again, in all releases. */
  key: string;
  /** The message that all others here only add to. */
  isCard?: true;
  revision: number;
  /** `linkOf` gives the address of a part before it. */
  message: Message | ((linkOf: (key: string) => string | null) => Message);
  thread?: PartThread;
  ping?: readonly AccountId[];
  groups?: readonly string[];
}

/** What a record has to say, as it is now. */
export interface Publication {
  /** Its copies are kept under it. */
  id: string;
  revision: number;
  /** Where it belongs, and its messages there, in the order in which they are posted. */
  places: readonly { to: Place; parts: readonly Part[] }[];
  /** Where else it may be shown, where no place takes it. */
  elsewhere: readonly Place[];
  /** The one message that stands for all of it there, and in direct messages. */
  card: Message;
  /** Whether somebody has to see it. What is over before anybody saw it is nobody's loss. */
  isNews: boolean;
  /** Who has to know, where no channel takes it. */
  concerns: readonly PersonRef[];
  /** Everybody who should see this revision can. */
  done(): Promise<void>;
  /** Whether the record is still what it was when it was read. */
  isCurrent(): Promise<boolean>;
}
