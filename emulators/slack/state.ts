import type { Timeline } from '../chat.ts';

export interface SlackUser {
  id: string;
  name: string;
  guest?: boolean;
  deleted?: boolean;
  stranger?: boolean;
  /** On Enterprise Grid: the workspaces that they belong to. */
  teams?: string[];
  /** `team_id` as Slack shows it: another workspace of the same company; null where it is left out. */
  home?: string | null;
}

export interface SlackChannel {
  id: string;
  name: string;
  members: Set<string>;
  isArchived?: boolean;
}

export type Json = Record<string, unknown>;

export interface SlackMessage {
  ts: string;
  channel: string;
  threadTs: string | null;
  /** A user's id; the bot's own for what it posts. */
  author: string;
  /** Set for an ephemeral message. */
  onlyFor: string | null;
  text: string;
  blocks: Json[];
  /** Ids of the files that were shared with it. */
  files: string[];
  metadata: Json | null;
  /** On the emulator's clock, ms since 1970. */
  at: number;
  posted: number;
  changed: number;
}

export interface SlackView {
  id: string;
  user: string;
  view: Json;
  opened: number;
  changed: number;
  errors: Record<string, string>;
  /** What stands in the fields after a refused submission. */
  typed: Record<string, string[]>;
  /** Its button is off until the answer is there. */
  isSending?: boolean;
}

export interface ResponseUrl {
  user: string;
  channel: string;
  threadTs: string | null;
  /** The message that `replace_original` means; null where the interaction came from none. */
  source: string | null;
  uses: number;
  expires: number;
}

export interface SlackFile {
  id: string;
  name: string;
  length: number;
  alt: string;
  bytes: Buffer | null;
  completed: boolean;
  processed: boolean;
}

/** One workspace. Message times are unique and rising, as Slack's are. */
export class Workspace {
  readonly team = 'T0PODW';
  readonly bot = { id: 'B0PODWARDEN', user: 'U0PODWARDEN', app: 'A0PODWARDEN' };
  readonly users = new Map<string, SlackUser>();
  readonly channels = new Map<string, SlackChannel>();
  readonly messages: SlackMessage[] = [];
  /** Those that are open. */
  views: SlackView[] = [];
  /** Every form that was opened, for validators. */
  readonly opened: Json[] = [];
  readonly responses = new Map<string, ResponseUrl>();
  readonly triggers = new Map<string, { user: string; expires: number }>();
  readonly files = new Map<string, SlackFile>();
  readonly groups = new Map<string, { handle: string; users: string[] }>();
  private counter = 0;

  addUser(user: SlackUser): void {
    this.users.set(user.id, user);
  }

  addChannel(id: string, name: string, members: string[]): void {
    this.channels.set(id, { id, name, members: new Set([...members, this.bot.user]) });
  }

  /** As many colleagues as a company has; none of them is in a channel here. */
  addCrowd(count: number): void {
    for (let i = 0; i < count; i++) {
      const number = String(i).padStart(5, '0');
      this.addUser({ id: `U9CROWD${number}`, name: `colleague${number}` });
    }
  }

  byName(name: string): SlackUser {
    const user = [...this.users.values()].find((u) => u.name === name);
    if (!user) throw new Error(`nobody in this workspace is called ${name}`);
    return user;
  }

  channelNamed(name: string): SlackChannel {
    const channel = [...this.channels.values()].find((c) => c.name === name);
    if (!channel) throw new Error(`this workspace has no channel #${name}`);
    return channel;
  }

  newTs(): string {
    this.counter += 1;
    return `${Math.floor(Date.now() / 1000)}.${String(this.counter).padStart(6, '0')}`;
  }

  newId(prefix: string): string {
    this.counter += 1;
    return `${prefix}${this.counter.toString(36).toUpperCase().padStart(8, '0')}`;
  }

  find(channel: string, ts: string): SlackMessage | undefined {
    return this.messages.find((m) => m.channel === channel && m.ts === ts);
  }
}

/** What the methods of the API work with. */
export interface ApiContext {
  workspace: Workspace;
  timeline: Timeline;
  now: () => number;
  violations: string[];
  /** Where this server is reached. */
  origin: () => string;
  /** Whether messages that show files are refused, processed or not. */
  filesRefused: () => boolean;
}

/** A new message, the bot's own unless it says otherwise. */
export function addMessage(
  to: Pick<SlackMessage, 'channel' | 'threadTs' | 'onlyFor'> & Partial<SlackMessage>,
  { workspace, timeline, now }: ApiContext,
): SlackMessage {
  const posted = timeline.next();
  const message: SlackMessage = {
    ts: workspace.newTs(),
    author: workspace.bot.user,
    text: '',
    blocks: [],
    files: [],
    metadata: null,
    ...to,
    at: now(),
    posted,
    changed: posted,
  };
  workspace.messages.push(message);
  return message;
}
