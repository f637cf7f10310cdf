import type { SeenField } from '../../emulators/chat.ts';
import type { RecordedCall } from '../../emulators/runpod/server.ts';

/** What the page's server and its browser say to each other. Times are ms since 1970 on the demo's clock, money is USD. */

export const PEOPLE = ['alice', 'bob', 'carol', 'mallory'] as const;
export type Person = (typeof PEOPLE)[number];
export type ChatName = 'slack' | 'discord';
export type Json = Record<string, unknown>;

/**
 * A window's picture of the world: values by key, sent as they change, `null` for what is gone. Keys with a slash at their end
 * stand for many: `slack/` and `discord/` for each message by its id.
 */
export interface Mirrored {
  start: Start;
  clock: ClockState;
  parts: Parts;
  /** Faults that are on, as `name=value`. */
  trouble: string[];
  account: AccountState;
  calls: Call[];
  'directory/slack': Directory;
  'directory/discord': Directory;
  'form/slack': OpenForm;
  'form/discord': OpenForm;
  'commands/discord': Json[];
  [message: `slack/${string}`]: SlackPost;
  [message: `discord/${string}`]: DiscordPost;
}

/** Whether the world is up. A world that was started over is another `run`, and nothing of the one before holds. */
export type Start = { run: string } & (
  | { state: 'starting'; doing: string }
  | { state: 'up' }
  | { state: 'failed'; problem: string }
);

export interface ClockState {
  /** To be added to the machine's clock. */
  offset: number;
  /** Demo seconds in a second. */
  speed: number;
  move: { from: number; to: number } | null;
}

export type PartState = 'up' | 'starting' | 'down';
export type Parts = Record<'bot' | 'worker' | 'redis', PartState>;

export interface Directory {
  /** The bot's user id, and the people's. */
  bot: string;
  users: { id: string; name: string }[];
  /** A thread has a parent: the channel it hangs on. `direct` is the conversation of the person with the bot. */
  channels: { id: string; name: string; parent: string | null; direct: boolean }[];
}

interface Post {
  id: string;
  /** Null for the bot, else a user's id. */
  author: string | null;
  /** Nobody else sees it. */
  onlyYou: boolean;
  at: number;
  edited: boolean;
  /** Its place among the messages of both chats, and that of its last change. */
  order: number;
  changed: number;
}

export interface SlackPost extends Post {
  channel: string;
  /** The message whose thread it stands in. */
  thread: string | null;
  text: string;
  blocks: Json[];
  files: PostFile[];
}

export interface DiscordPost extends Post {
  /** A channel's id, or a thread's: that has the id of the message it hangs on. */
  channel: string;
  /** The answer to a command that has not come yet. */
  thinking: boolean;
  /** The command that it answers. */
  command: { user: string; name: string } | null;
  content: string;
  embeds: Json[];
  components: Json[];
  files: PostFile[];
}

export interface PostFile {
  name: string;
  alt: string;
  /** Bytes. */
  size: number;
  /** Where this server has it. */
  url: string;
}

export interface OpenForm {
  id: string;
  title: string;
  submit: string;
  /** What stands above the fields: Block Kit, or Discord's markdown. */
  intro: { blocks: Json[] } | { markdown: string };
  fields: SeenField[];
}

export interface AccountState {
  balance: number;
  burnPerHour: number;
  /** Since midnight UTC. */
  today: number;
  pods: PodState[];
  volumes: { id: string; name: string; size: number; perHour: number }[];
}

export interface PodState {
  id: string;
  name: string;
  status: string;
  gpu: string;
  gpuCount: number;
  spot: boolean;
  cloud: string;
  dataCenter: string;
  /** USD an hour as it is now: compute and storage. */
  compute: number;
  storage: number;
  /** GB. */
  disk: number;
  volume: number;
  /** Percent. */
  util: number;
  /** When it came up, or went off. */
  since: number;
  /** Running, and not reporting yet. */
  silent: boolean;
}

/** A call to RunPod, with its place in the order of arrival. */
export interface Call extends RecordedCall {
  n: number;
}

export interface Suggestion {
  name: string;
  value: string;
}

/** `problem` is in words for the person at the page. */
export type Answer<T = null> = { ok: true; value: T } | { ok: false; problem: string };
