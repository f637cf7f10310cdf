export type Json = Record<string, unknown>;

export interface DiscordUser {
  id: string;
  name: string;
  roles: string[];
  pending?: boolean;
}

export interface DiscordChannel {
  id: string;
  name: string;
  /** Of another server that the bot was added to; left out for the one that is ours. */
  guild?: string;
  /** Set for a thread: the channel it hangs on. */
  parent: string | null;
  /** Set for a direct-message channel. */
  recipient: string | null;
  archived: boolean;
  /** For a thread: when somebody last posted in it, and after how many ms without it archives itself. */
  active: { at: number; archiveMs: number } | null;
  members: Set<string> | null;
  /** A thread that only moderators bring back once it is archived. */
  locked?: boolean;
  /** Bits of permissions that the bot was denied here. */
  denied?: bigint;
  /** And those that it was given only here. */
  granted?: bigint;
}

export interface DiscordAttachment {
  id: string;
  filename: string;
  size: number;
  /** The alternative text. */
  description: string;
  bytes: Buffer;
}

export interface DiscordMessage {
  id: string;
  channel: string;
  /** A user's id; the bot's own for what it posts. */
  author: string;
  /** The slash command that it answers, and who used it: shown above it. */
  command: { user: string; name: string } | null;
  onlyFor: string | null;
  content: string;
  embeds: Json[];
  components: Json[];
  attachments: DiscordAttachment[];
  nonce: string | null;
  /** A deferred answer that has not come yet is shown to nobody. */
  thinking: boolean;
  /** Users whom the post pinged. */
  pinged: string[];
  /** On the emulator's clock, ms since 1970. */
  at: number;
  posted: number;
  changed: number;
}

export interface Interaction {
  id: string;
  token: string;
  user: string;
  channel: string;
  /** The slash command with its subcommand; null for a click or a form. */
  command: string | null;
  created: number;
  answered: boolean;
  acknowledged: () => void;
  /** What `@original` means. */
  original: string | null;
  /** The message that was clicked. */
  source: string | null;
  choices: Json[];
}

export interface Modal {
  id: string;
  user: string;
  channel: string;
  modal: Json;
  source: string | null;
  opened: number;
  /** Its button is off until the answer is there. */
  isSending?: boolean;
}

const EPOCH = 1_420_070_400_000n;

/** One server. Ids are real snowflakes: the client sorts routes by their length. */
export class Server {
  readonly guild = '900000000000000001';
  readonly application = '900000000000000002';
  readonly bot = '900000000000000003';
  readonly users = new Map<string, DiscordUser>();
  /** Ids that are nobody's. All others who are not among the users have left, or were never here. */
  readonly nobodies = new Set<string>();
  readonly channels = new Map<string, DiscordChannel>();
  readonly messages: DiscordMessage[] = [];
  readonly interactions = new Map<string, Interaction>();
  modals: Modal[] = [];
  commands: Json[] = [];
  /** Whether the bot is a member of the server that is ours. */
  isIn = true;
  /** Servers that Discord cannot reach: what is in them is told to nobody. */
  readonly away = new Set<string>();
  /** Other servers that the bot was added to; `refusesCommands` without the scope for commands. */
  readonly others = new Map<string, { refusesCommands: boolean }>();
  private counter = 0n;

  addUser(user: DiscordUser): void {
    this.users.set(user.id, user);
  }

  addChannel(id: string, name: string, members: string[], guild = this.guild): void {
    this.channels.set(id, {
      id,
      name,
      guild,
      parent: null,
      recipient: null,
      archived: false,
      active: null,
      members: new Set(members),
    });
  }

  /** A thread that hangs on no message. */
  addThread(id: string, name: string, parent: string, { archived = false, locked = false } = {}): void {
    const thread = { id, name, parent, recipient: null, active: null, members: null };
    this.channels.set(id, { ...thread, archived, locked });
  }

  byName(name: string): DiscordUser {
    const user = [...this.users.values()].find((u) => u.name === name);
    if (!user) throw new Error(`nobody in this server is called ${name}`);
    return user;
  }

  channelNamed(name: string): DiscordChannel {
    const channel = [...this.channels.values()].find((c) => c.name === name && c.parent === null);
    if (!channel) throw new Error(`this server has no channel #${name}`);
    return channel;
  }

  newId(): string {
    this.counter += 1n;
    return (((BigInt(Date.now()) - EPOCH) << 22n) | (this.counter & 0xfffffn)).toString();
  }

  message(channel: string, id: string): DiscordMessage | undefined {
    return this.messages.find((m) => m.channel === channel && m.id === id);
  }

  /** The servers that the bot is in, others first. */
  guilds(): string[] {
    return [...this.others.keys(), ...(this.isIn ? [this.guild] : [])];
  }

  guildOf(channel: string): string {
    return this.roomOf(channel)?.guild ?? this.guild;
  }

  /** The channel's own name, or that of the channel a thread hangs on. */
  roomOf(channel: string): DiscordChannel | undefined {
    const found = this.channels.get(channel);
    return found?.parent ? this.channels.get(found.parent) : found;
  }
}
