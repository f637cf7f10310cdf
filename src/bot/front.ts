import type { Membership } from '../policy/access.ts';
import type { AccountId, Place } from '../policy/identity.ts';
import { ChatError, type Failure } from './failure.ts';
import type { Answers, Form, FormProblem } from './message/form.ts';
import type { Message } from './message/message.ts';
import type { Pulse } from './pulse.ts';

/** Opaque to everybody but the front that made it. */
export type MessageRef = unknown;
/** Where one person's private answer goes; opaque, and short-lived. */
export type ReplyRef = unknown;

export interface PostOptions {
  /** Found again by `find` where the answer to a post was lost. */
  marker: string;
  /** Accounts that may be pinged; nobody else is, whatever a text says. */
  ping: readonly AccountId[];
  /** Groups or roles that may be pinged, as `<chat>:<id>`. */
  groups?: readonly string[];
  /** Post in the thread of this message, opening it where there is none. */
  thread?: { of: MessageRef; title: string };
}

/** The chat did not take it: try again, not before `retryAfterMs` where that is not 0. */
export class ChatUnavailable extends ChatError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, code = '') {
    super(message, { kind: 'wait', ms: retryAfterMs === 0 ? null : retryAfterMs }, code);
    this.name = 'ChatUnavailable';
    this.retryAfterMs = retryAfterMs;
  }
}

/** The message was deleted, or may not be edited any more. */
export class MessageGone extends ChatError {
  constructor(message: string, code = '') {
    super(message, { kind: 'message-gone' }, code);
  }
}

/** The channel or the thread is closed to us: archived, deleted, without the right to post, or we were removed. */
export class PlaceClosed extends ChatError {
  constructor(message: string, failure: Failure = { kind: 'channel-closed' }, code = '') {
    super(message, failure, code);
  }
}

/** What a front throws for a failure. */
export function refusal(message: string, failure: Failure, code: string): ChatError {
  switch (failure.kind) {
    case 'wait':
      return new ChatUnavailable(message, failure.ms ?? 0, code);
    case 'message-gone':
      return new MessageGone(message, code);
    case 'thread-closed':
    case 'channel-closed':
    case 'right-missing':
      return new PlaceClosed(message, failure, code);
    default:
      return new ChatError(message, failure, code);
  }
}

/** What we may do in a channel, as far as the chat tells beforehand. */
export interface PlaceRights {
  /** What keeps us from posting there, and what people can do about it; null where nothing does. */
  closed: { why: string; wayOut: string } | null;
  /** What is missing, as the platform names it, and what happens instead. */
  lacks: readonly { right: string; instead: string }[];
}

/** One chat platform, as everything above it sees it. */
export interface Front {
  readonly chat: string;
  /** Whether a button's own confirmation dialog exists; where not, a private message asks. */
  readonly hasDialogs: boolean;
  /** Whether people see that an answer is on its way until there is one. */
  readonly showsWaiting: boolean;
  /** How it is connected. */
  readonly pulse: Pulse;
  post(to: Place, message: Message, options: PostOptions): Promise<MessageRef>;
  edit(ref: MessageRef, message: Message): Promise<void>;
  /** Takes a message of ours away, so that nobody acts on what it says. */
  remove(ref: MessageRef): Promise<void>;
  /** A message of ours with this marker among the channel's newest, or in the thread; null where there is none. */
  find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<MessageRef | null>;
  /** Answers one person privately. */
  reply(ref: ReplyRef, message: Message): Promise<void>;
  /** The way left when a private answer has lapsed. */
  direct(account: AccountId, message: Message): Promise<void>;
  /** Where direct messages to this person go; as good as a channel for `post`, `edit` and `find`. */
  directPlace(account: AccountId): Promise<Place>;
  /** One account, read now; null where the chat knows none. Without the groups that have to be asked for. */
  member(account: AccountId): Promise<Member | null>;
  /** Groups stand with each member: what was read of them before says nothing beside that. */
  readonly namesGroups?: true;
  /** Who is in these groups (`<chat>:<id>`) now; left out are those that stand with each member. */
  groupMembers(groups: readonly string[]): Promise<GroupMembers>;
  /** An address of the message for people; null where there is none. */
  link(ref: MessageRef): string | null;
  /** What we may do there; null where that cannot be read now. */
  rights(place: Place): Promise<PlaceRights | null>;
  /** Codes of refused posts whose reason `rights` shows for as long as it lasts. */
  readonly shownInRights: readonly string[];
  start(inbox: Inbox): Promise<void>;
  /** Takes no more events. What was taken can still be answered. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

export interface Member {
  /** As the chat names it, with its workspace where it has them. */
  account: AccountId;
  name: string;
  membership: Membership;
  groups: string[];
}

/** Accounts without their workspace, by group. */
export type GroupMembers = ReadonlyMap<string, ReadonlySet<AccountId>>;

export interface IncomingBase {
  /** The platform's own id of the event: the same for a redelivery. */
  eventId: string;
  account: AccountId;
  /** As the platform shows it; text from outside. */
  name: string;
  place: Place;
  reply: ReplyRef;
}

/** A typed command: text from a chat that sends text, values from a chat that sends options. */
export interface IncomingCommand extends IncomingBase {
  input: { kind: 'text'; text: string } | { kind: 'options'; command: string; values: Record<string, unknown> };
}

export interface IncomingClick extends IncomingBase {
  token: string;
  /** What the button says; null where the platform does not tell. */
  label: string | null;
}

/** A form that was filled in and sent. */
export interface IncomingSubmit extends Omit<IncomingBase, 'reply'> {
  token: string;
  answers: Answers;
  /** Where the answer goes; null where the platform gives no address with a form: then to the one that was kept. */
  reply: ReplyRef | null;
  /** Id of the kept answer, from when the form was opened. */
  kept: string | null;
}

/** What a person did, as a front saw it. */
export type IncomingEvent =
  | { kind: 'command'; incoming: IncomingCommand }
  | { kind: 'click'; incoming: IncomingClick }
  | { kind: 'submit'; incoming: IncomingSubmit }
  /** Nothing is done of it, and this is said. */
  | { kind: 'hint'; incoming: IncomingBase; message: Message };

/** What opens a form: it is shown at once, or something else is said privately. `kept` keeps the answer open. */
export type Opening = { form: Form; kept: string } | { message: Message };

/** Why a form's answers cannot be taken: by field, and as a message where the platform shows no errors in forms. */
export interface Problems {
  problems: FormProblem[];
  message: Message;
}

export interface IncomingSuggest {
  account: AccountId;
  place: Place;
  command: string;
  option: string;
  text: string;
}

/**
 * An event that was claimed and written, before its acknowledgement. From here on it is carried out and answered, by
 * whoever is up. Nothing here rejects.
 */
export interface Taken {
  /** False: another delivery or another bot has it. It is acknowledged where the platform wants that, and left alone. */
  readonly ours: boolean;
  /** Whether the first answer may be a form: the platforms want that before anything else. */
  readonly opensForm: boolean;
  /** After the acknowledgement. False where another bot took it meanwhile, and goes on with it. */
  acknowledged(): Promise<boolean>;
  /** Carries it out and answers. */
  run(): Promise<void>;
  /** A form, or what is said instead. From what is kept alone: there are three seconds. */
  open(): Promise<Opening>;
  /** The way for whatever is said instead of a form: kept and said later where the chat does not take it now. */
  say(message: Message): Promise<void>;
  /** The acknowledgement was the answer. */
  done(): Promise<void>;
}

/** What a front delivers to: `take` comes first, before the acknowledgement. */
export interface Inbox {
  /** Whether the answer to this button leaves the private message it stands on as it is. */
  keeps(token: string): boolean;
  /** Judged before a form is taken: null where its answers can be. */
  problems(incoming: IncomingSubmit): Promise<Problems | null>;
  take(event: IncomingEvent): Promise<Taken>;
  suggest(incoming: IncomingSuggest): Promise<{ name: string; value: string }[]>;
}
