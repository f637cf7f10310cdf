import { createHash } from 'node:crypto';
import type { Policy } from '../config/settings.ts';
import type { Clocks, Log } from '../jobs/ports.ts';
import type { Enqueue } from '../jobs/queues.ts';
import type { Access, Right } from '../policy/access.ts';
import type { Decider } from '../policy/approvers.ts';
import type { AccountId, PersonRef, Place } from '../policy/identity.ts';
import type { Loss } from '../policy/store-loss.ts';
import type { Approvals } from '../store/approvals.ts';
import type { Audit } from '../store/audit.ts';
import type { Budgets } from '../store/budgets.ts';
import type { Choices } from '../store/choices.ts';
import { writingOf } from '../store/commit.ts';
import type { Costs } from '../store/costs.ts';
import type { Digests } from '../store/digests.ts';
import type { Drafts } from '../store/drafts.ts';
import type { Findings } from '../store/findings.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Links } from '../store/links.ts';
import type { MachineClocks } from '../store/machine-clocks.ts';
import type { Owners } from '../store/owners.ts';
import type { Places } from '../store/places.ts';
import type { BotPulses, Pulses } from '../store/pulses.ts';
import type { Replies } from '../store/replies.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { Message } from './message/message.ts';

/** What this process knows of the rest of Podwarden, whatever the store says. */
export interface Vitals {
  /** What the store lost lately; null for nothing. */
  loss(now: number): Promise<Loss | null>;
  /** How many workers are connected to Redis; null where Redis does not tell. */
  workersConnected(): Promise<number | null>;
  /** How this bot is connected to its chats now: the store has it from every bot, some seconds late. */
  chats(): BotPulses;
  /** Chats that do not know this bot now. */
  disowned(): readonly DisownedChat[];
}

/** A chat that does not know us, why, and since when on Podwarden's clock. */
export interface DisownedChat {
  chat: string;
  why: string;
  since: number;
}

/** What commands and actions work with. */
export interface Services {
  ledger: Ledger;
  snapshots: Snapshots;
  machineClocks: MachineClocks;
  drafts: Drafts;
  places: Places;
  vitals: Vitals;
  pulses: Pulses;
  replies: Replies;
  approvals: Approvals;
  links: Links;
  owners: Owners;
  findings: Findings;
  choices: Choices;
  costs: Costs;
  budgets: Budgets;
  digests: Digests;
  audit: Audit;
  /** Whether it is known of everybody whether they may approve, so that "nobody else" can be said. */
  knowsApprovers: boolean;
  enqueue: Enqueue;
  clocks: Clocks;
  policy: Policy;
  log: Log;
  newId: () => string;
  /** A direct message, delivered by a job of its own; of one `id` there is one. */
  tellPrivately(account: AccountId, message: Message, id?: string): Promise<void>;
}

/**
 * The services for one event. Every write and every id follows from it, so that whoever runs the event again finds what was
 * done, and does the rest.
 */
export function servicesWithin(services: Services, event: string, again: boolean): Services {
  const writing = writingOf(event, again);
  let ids = 0;
  const newId = () => idFrom(`${event} ${++ids}`);
  const scoped: Services = {
    ...services,
    ledger: services.ledger.within(writing),
    approvals: services.approvals.within(writing),
    links: services.links.within(writing),
    owners: services.owners.within(writing),
    findings: services.findings.within(writing),
    budgets: services.budgets.within(writing),
    audit: services.audit.within(writing),
    newId,
    tellPrivately: (account, message) => services.tellPrivately(account, message, newId()),
  };
  return scoped;
}

/** Letters and digits, never all digits (BullMQ refuses those). */
const idFrom = (text: string) => `i${createHash('sha256').update(text).digest('hex').slice(0, 15)}`;

/** Who asks, from where, and what they may. */
export interface Asker {
  who: PersonRef;
  access: Access;
  membership: string;
  /** All accounts that count as this person's, without workspaces. */
  accounts: readonly AccountId[];
  /** Which of their accounts could not be read, why, and what to do; null where none was missing. */
  unread: string | null;
  /** All their accounts, read from the platforms now, with the groups that these rights hang on: for whoever decides. */
  live(...rights: [Right, ...Right[]]): Promise<Decider>;
  place: Place;
  /** The room's name, or null outside of one. */
  room: string | null;
  /** Same for a redelivery of the same event: what ids are made from. */
  eventId: string;
  /** The event was begun before, and its bot died: what it did then is done. */
  again: boolean;
  /** Keeps the private answer open for a worker to fill; gives its id. */
  keepReply(): Promise<string>;
}
