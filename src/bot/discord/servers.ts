import { type Client, Events, type Guild } from 'discord.js';
import type { DiscordSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';

/** By what our server is told from others: its id, or the channels of the rooms. */
export type OurServer = Pick<DiscordSettings, 'guildId'> & { channels: readonly string[] };

export interface Asking {
  /** Puts the commands there. */
  register: (guild: string) => Promise<void>;
  /** A channel that Discord does not tell of by itself: the client then knows it. */
  find: (channel: string) => Promise<unknown>;
}

/**
 * Which of the servers that the bot is in is ours. Anybody may have added it to others: rights are those of one server, and
 * another one never takes its place.
 */
export class Servers {
  private readonly client: Client;
  private readonly wanted: OurServer;
  private readonly asking: Asking;
  private readonly onKnown: (reason: string | null) => void;
  private readonly log: Log;
  private ours: string | null;
  private isLost = false;

  /** `onKnown`: we are in no server of ours (`reason`), or in it again (null). */
  constructor(client: Client, wanted: OurServer, asking: Asking, onKnown: (reason: string | null) => void, log: Log) {
    this.client = client;
    this.wanted = wanted;
    this.asking = asking;
    this.onKnown = onKnown;
    this.log = log;
    this.ours = wanted.guildId;
  }

  /** Null until one is found. It stays ours where the bot is removed from it. */
  get id(): string | null {
    return this.ours;
  }

  /** Of the client that is ready. @throws where our server takes no commands. */
  async begin(): Promise<void> {
    this.client.on(Events.GuildCreate, (guild) => this.joined(guild));
    // One that was away while the bot started.
    this.client.on(Events.GuildAvailable, (guild) => this.joined(guild));
    this.client.on(Events.GuildDelete, ({ id }) => {
      this.log.warn({ server: id, ours: id === this.ours }, 'the bot was removed from a server');
      if (id === this.ours) this.lost('Discord: the bot was removed from its server. Invite it again');
    });
    await this.findChannels();
    this.find();
    if (this.ours !== null && this.isThere(this.ours)) await this.asking.register(this.ours);
    else if (!this.client.guilds.cache.some(isUntold)) this.lost(this.whyNone());
  }

  private joined({ id }: Guild): void {
    this.find();
    this.log.info({ server: id, ours: id === this.ours }, 'the bot is in a server');
    if (id === this.ours) this.serve(id).catch((error: Error) => this.lost(`${error.message}, to the commands`));
  }

  private async serve(guild: string): Promise<void> {
    await this.asking.register(guild);
    if (this.isLost) this.onKnown(null);
    this.isLost = false;
  }

  private lost(reason: string): void {
    this.isLost = true;
    this.onKnown(reason);
  }

  /** A room may be an archived thread. */
  private async findChannels(): Promise<void> {
    if (this.ours !== null) return;
    const unseen = this.wanted.channels.filter((channel) => !this.client.channels.cache.has(channel));
    const found = await Promise.allSettled(unseen.map((channel) => this.asking.find(channel)));
    for (const { reason } of found.filter((one) => one.status === 'rejected'))
      this.log.warn({ error: (reason as Error).message }, 'a channel of podwarden.yaml could not be found on Discord');
  }

  private find(): void {
    const { channels } = this.wanted;
    const isIn = (guild: Guild) => (channel: string) => guild.channels.cache.has(channel);
    const [best] = this.client.guilds.cache
      .map((guild) => ({
        guild,
        count: channels.filter(isIn(guild)).length,
        first: channels.findIndex(isIn(guild)),
      }))
      .filter(({ count }, _, all) => count > 0 || (channels.length === 0 && all.length === 1))
      // Of two with as many, every bot takes the same, whichever Discord names first.
      .sort((a, b) => b.count - a.count || a.first - b.first);
    this.ours ??= best?.guild.id ?? null;
  }

  private isThere(guild: string): boolean {
    return this.client.guilds.cache.has(guild);
  }

  private whyNone(): string {
    const count = this.client.guilds.cache.size;
    if (this.ours !== null)
      return `Discord: the bot is not in the server ${this.ours} (DISCORD_GUILD_ID). Invite it there`;
    if (this.wanted.channels.length > 0 || count === 0)
      return 'Discord: the bot is in no server that has a channel of podwarden.yaml. Invite it to yours, or correct the channels';
    return `Discord: the bot is in ${count} servers, and podwarden.yaml names no channel by which to tell yours. Set DISCORD_GUILD_ID`;
  }
}

/** Away since the start. Its `available` says nothing: the client may read GUILD_CREATE before READY (14.28). */
const isUntold = (guild: Guild): boolean => guild.channels.cache.size === 0;
