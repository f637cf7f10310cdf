import type { Seen } from '../../emulators/chat.ts';
import type { ChatEvent } from '../../emulators/events.ts';
import type { ApprovalStatus } from '../../src/policy/approval.ts';
import type { RowStatus } from '../../src/policy/ledger.ts';

/** What the emulators and the audit log hold after a storm, as data. Everything that is judged is judged from this alone. */
export interface Evidence {
  /** What people did, and what came back for it. */
  events: StormEvent[];
  /** All that stands in the chats. */
  messages: StormMessage[];
  /** Pods that RunPod has, and every one that it ever had; by what people call them. */
  pods: { id: string; name: string; status: string }[];
  made: { id: string; name: string }[];
  /** Names of pods that were there before. */
  others: string[];
  calls: { method: string; path: string; status: number | null }[];
  rows: { name: string; status: RowStatus }[];
  requests: RequestFact[];
  /** Open warnings, by rule and subject. */
  warnings: string[];
  /** Those who may launch, and those who may approve. */
  launchers: string[];
  approvers: string[];
  absences: { person: string; from: number; to: number }[];
  audit: { problem: string | null; entries: AuditFact[] };
  /** What is still under way, in words: jobs, sets that say that somebody was not told, events that nobody finished. */
  leftovers: string[];
  /** Processes that ended though nobody asked them to. */
  crashes: string[];
  /** Bodies that broke a platform's rules. */
  brokenRules: string[];
}

export type StormEvent = ChatEvent & { chat: string };
export type StormMessage = Pick<Seen, 'id' | 'channel' | 'thread' | 'author' | 'onlyFor' | 'text' | 'posted'> & {
  chat: string;
  /** Whether the bot still knows of it: it is a card or line that it would edit. */
  known: boolean;
};

/** A request to terminate, as its record ended. */
export interface RequestFact {
  id: string;
  /** Requests of one form share it. */
  batch: string;
  podId: string;
  /** What people call the pod. */
  name: string;
  status: ApprovalStatus;
  by: string;
  votes: { person: string; chat: string }[];
  quorum: number;
  /** A DELETE was sent for it. */
  sent: boolean;
}

/** An entry of the audit log about a request. */
export interface AuditFact {
  n: number;
  kind: string;
  /** A person's name, else the account. */
  actor: string | null;
  request: string | null;
}

export interface Violation {
  rule: string;
  what: string;
}
export type Judge = (evidence: Evidence) => Violation[];

/** What the bot wrote where everybody reads it. */
export const inPublic = ({ messages }: Evidence): StormMessage[] =>
  messages.filter(({ author, onlyFor }) => author === null && onlyFor === null);

export const answersTo = (event: StormEvent): string[] =>
  event.answers.filter(({ kind }) => kind === 'message').map(({ text }) => text);

/** The name that a launch was given. */
export const launchName = (event: StormEvent): string | null =>
  event.kind === 'command' ? (/^\/pod launch\b.*\bname=([a-z0-9][a-z0-9-]*)/i.exec(event.what)?.[1] ?? null) : null;

export const shown = (text: string): string => JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
export const said = (event: StormEvent): string => `${event.person} on ${event.chat}: ${shown(event.what)}`;
