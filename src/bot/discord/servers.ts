import { type Client, Events, type Guild } from 'discord.js';
import type { DiscordSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';
import { PlaceClosed } from '../front.ts';

/** By what our server is told from others: its id, or the channels of the rooms. */
export type OurServer = Pick<DiscordSettings, 'guildId'> & { channels: readonly string[] };

interface Candidate {
  id: string;
  /** Of the rooms' channels: how many it holds, and the place of the first of them. */
  count: number;
  first: number;
}

export interface Asking {
  /** Puts the commands there. */
  register: (guild: string) => Promise<void>;
  /** A channel that Discord does not tell of by itself: the client then knows it. */
  find: (channel: string) => Promise<unknown>;
}

/**
 * Which of the servers that the bot is in is ours. Anybody may have added it to others: rights are those of one server, and
 * once it is settled which, another one never takes its place.
 */
export class Servers {
  private readonly client: Client;
  private readonly wanted: OurServer;
  private readonly asking: Asking;
  private readonly onKnown: (reason: string | null) => void;
  private readonly log: Log;
  private ours: string | null;
  private settled: boolean;
  private isLost = false;
  /** Channels of which Discord did not say where they are. */
  private readonly unclear = new Set<string>();

  /** `onKnown`: we are in no server of ours (`reason`), or in it again (null). */
  constructor(client: Client, wanted: OurServer, asking: Asking, onKnown: (reason: string | null) => void, log: Log) {
    this.client = client;
    this.wanted = wanted;
    this.asking = asking;
    this.onKnown = onKnown;
    this.log = log;
    this.ours = wanted.guildId;
    this.settled = wanted.guildId !== null;
  }

  /** Null until one is found. It stays ours where the bot is removed from it. */
  get id(): string | null {
    return this.ours;
  }

  /** False where a server that Discord cannot reach yet, or of which it did not say what it holds, may turn out to be ours. */
  get isSettled(): boolean {
    return this.settled;
  }

  /** Of the client that is ready. @throws where our server takes no commands. */
  async begin(): Promise<void> {
    this.client.on(Events.GuildCreate, (guild) => this.joined(guild));
    // One that was away while the bot started.
    this.client.on(Events.GuildAvailable, (guild) => this.joined(guild));
    this.client.on(Events.GuildDelete, ({ id }) => this.left(id));
    await this.choose();
    const { ours } = this;
    if (ours === null || !this.client.guilds.cache.has(ours)) this.sayNone();
    else if (this.settled) await this.asking.register(ours);
    else await this.serve(ours);
  }

  /** What Discord did not say at the start is asked again, where it may say which server is ours. */
  async lookFor(channel: string): Promise<void> {
    if (this.settled || !this.unclear.has(channel)) return;
    const before = this.ours;
    await this.choose([channel]);
    if (this.ours === null) this.sayNone();
    else if (this.ours !== before) await this.serve(this.ours);
  }

  private async joined({ id }: Guild): Promise<void> {
    const before = this.ours;
    await this.choose();
    const { ours } = this;
    this.log.info({ server: id, ours: id === ours }, 'the bot is in a server');
    if (ours !== null && (id === ours || before !== ours)) await this.serve(ours);
  }

  private async left(id: string): Promise<void> {
    this.log.warn({ server: id, ours: id === this.ours }, 'the bot was removed from a server');
    if (id === this.ours) this.lost('Discord: the bot was removed from its server. Invite it again');
    if (this.settled) return;
    await this.choose();
    if (this.ours === null) this.sayNone();
  }

  private async serve(guild: string): Promise<void> {
    const refused = await this.asking.register(guild).then(
      () => null,
      (error: Error) => error,
    );
    // Another one may have been chosen meanwhile.
    if (guild !== this.ours) return;
    if (refused) return this.lost(`${refused.message}, to the commands`);
    if (this.isLost) this.onKnown(null);
    this.isLost = false;
  }

  private lost(reason: string): void {
    this.isLost = true;
    this.onKnown(reason);
  }

  /** The choice is made again until no other server could better it. */
  private async choose(channels = this.wanted.channels): Promise<void> {
    if (this.settled) return;
    await this.findChannels(channels);
    if (this.settled) return;
    const [best] = this.candidates();
    if (best) this.ours = best.id;
    const awaited = this.awaited();
    const isAllKnown = awaited.length === 0 && this.unclear.size === 0;
    this.settled = best !== undefined && (isAllKnown || this.isBest(best));
    this.tell(awaited);
  }

  /** A room may be an archived thread, which Discord does not name by itself. */
  private async findChannels(channels: readonly string[]): Promise<void> {
    const unseen = channels.filter((channel) => !this.client.channels.cache.has(channel));
    await Promise.all(unseen.map((channel) => this.findChannel(channel)));
  }

  private async findChannel(channel: string): Promise<void> {
    try {
      await this.asking.find(channel);
      this.unclear.delete(channel);
    } catch (error) {
      if (error instanceof PlaceClosed) this.unclear.delete(channel);
      else this.unclear.add(channel);
      const { message } = error as Error;
      this.log.warn({ channel, error: message }, 'a channel of podwarden.yaml could not be found on Discord');
    }
  }

  private candidates(): Candidate[] {
    const { channels } = this.wanted;
    const isIn = (guild: Guild) => (channel: string) => guild.channels.cache.has(channel);
    return (
      this.client.guilds.cache
        .map((guild) => ({
          id: guild.id,
          count: channels.filter(isIn(guild)).length,
          first: channels.findIndex(isIn(guild)),
        }))
        .filter(({ count }, _, all) => count > 0 || (channels.length === 0 && all.length === 1))
        // Of two with as many, every bot takes the same, whichever Discord names first.
        .sort((a, b) => b.count - a.count || a.first - b.first)
    );
  }

  /** Whether it stays the best, whatever another server holds of the other channels. */
  private isBest({ count, first }: Candidate): boolean {
    const others = this.wanted.channels.length - count;
    return count > others || (count === others && first === 0);
  }

  private awaited(): string[] {
    return this.client.guilds.cache.filter(isUntold).map(({ id }) => id);
  }

  private tell(awaited: string[]): void {
    const server = this.ours;
    if (!this.settled && awaited.length > 0)
      this.log.warn({ server, awaited }, 'a server that Discord cannot reach yet may be ours');
    const others = this.client.guilds.cache.filter(({ id }) => id !== server);
    const elsewhere = this.wanted.channels.filter((id) => others.some(({ channels }) => channels.cache.has(id)));
    if (this.settled && elsewhere.length > 0)
      this.log.warn({ server, elsewhere }, 'channels of the rooms are in another server than ours');
  }

  /** Nothing is wrong while one is awaited, or Discord is. */
  private sayNone(): void {
    if (this.awaited().length === 0 && this.unclear.size === 0) this.lost(this.whyNone());
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

/**
 * Away since the start: every server that was told of has a role for everybody. Its `available` says nothing, since the client
 * may read GUILD_CREATE before READY (14.28), nor do its channels, of which some may have been asked for.
 */
export const isUntold = (guild: Guild): boolean => guild.roles.cache.size === 0;
