import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, Client } from 'discord.js';
import type { Log } from '../../jobs/ports.ts';
import { PlaceClosed, type PlaceRights } from '../front.ts';
import type { Calling } from './failures.ts';
import { elsewhere, GONE, rightsFrom, rightsIn } from './rights.ts';
import { isUntold, type Servers } from './servers.ts';

/** Between two questions about one channel, ms. */
const AGAIN_MS = 60_000;
/** Somebody waits for the launch that is asked for. */
const PATIENCE_MS = 3000;

/**
 * What we may do in channels. Discord tells of all channels and of active threads by itself; archived threads have to be
 * asked for.
 */
export class ChannelRights {
  private readonly client: Client;
  private readonly call: Calling;
  private readonly log: Pick<Log, 'warn'>;
  private readonly now: () => number;
  private readonly known = new Map<string, PlaceRights>();
  private readonly asked = new Map<string, { at: number; rights: Promise<PlaceRights | null> }>();

  constructor(client: Client, call: Calling, log: Pick<Log, 'warn'>, now: () => number = Date.now) {
    this.client = client;
    this.call = call;
    this.log = log;
    this.now = now;
  }

  /** Each interaction says what we may do in its channel, where the server's own rules do not tell. */
  told(channel: string, permissions: bigint, inThread: boolean): void {
    this.known.set(channel, rightsFrom(permissions, inThread));
  }

  /** What cannot be told now is as it was; null where it was never known. */
  async read(servers: Pick<Servers, 'id' | 'isSettled'>, channel: string): Promise<PlaceRights | null> {
    const rights = await this.current(servers, channel);
    if (rights) this.known.set(channel, rights);
    return rights ?? this.known.get(channel) ?? null;
  }

  private async current({ id, isSettled }: Pick<Servers, 'id' | 'isSettled'>, channel: string) {
    const guild = this.client.guilds.cache.get(id ?? '');
    if (!guild || isUntold(guild)) return null;
    const here = guild.channels.cache.get(channel);
    // It may be in a server that is away, and that is ours in truth.
    if (!here && !isSettled) return null;
    if (!here) return Promise.race([this.ask(guild.id, channel), pause(PATIENCE_MS, null, { ref: false })]);
    this.asked.delete(channel);
    return rightsIn(here);
  }

  private ask(server: string, channel: string): Promise<PlaceRights | null> {
    const last = this.asked.get(channel);
    if (last && this.now() - last.at < AGAIN_MS) return last.rights;
    const rights = this.fetched(server, channel);
    this.asked.set(channel, { at: this.now(), rights });
    return rights;
  }

  /** Only a definite answer closes a channel. */
  private async fetched(server: string, channel: string): Promise<PlaceRights | null> {
    try {
      const found = await this.find(channel);
      if (found === null) return null;
      if (found.isDMBased()) return GONE;
      return found.guildId === server ? rightsIn(found) : elsewhere(found.guildId, server);
    } catch (error) {
      if (error instanceof PlaceClosed) return GONE;
      this.log.warn({ channel, error: (error as Error).message }, 'a Discord channel could not be read');
      return null;
    }
  }

  /** From then on the client knows it, and hears of its changes. @throws ChatError */
  find(channel: string): Promise<Channel | null> {
    return this.call(() => this.client.channels.fetch(channel), 'channel');
  }
}
