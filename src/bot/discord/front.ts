import { setTimeout as pause } from 'node:timers/promises';
import {
  type APIChannel,
  type APIInteraction,
  type APIMessage,
  Client,
  DiscordAPIError,
  Events,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  HTTPError,
  InteractionResponseType,
  MessageFlags,
  RateLimitError,
  REST,
  Routes,
} from 'discord.js';
import type { DiscordSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';
import type { AccountId, Place } from '../../policy/identity.ts';
import {
  ChatUnavailable,
  type Front,
  type Inbox,
  type Member,
  MessageGone,
  PlaceClosed,
  type PostOptions,
} from '../front.ts';
import type { Message } from '../message/message.ts';
import { truncate } from '../message/plain-text.ts';
import { guildCommands } from './commands.ts';
import { type DiscordReply, incomingFrom } from './incoming.ts';
import { DISCORD } from './limits.ts';
import { readMember } from './people.ts';
import { discordUser, renderDiscord } from './render.ts';

interface DiscordRef {
  channel: string;
  message: string;
  marker: string;
}

/** Discord's error codes that are handled by name. Source: Opcodes and Status Codes, JSON error codes. */
const ALREADY_ACKNOWLEDGED = 40_060;
const THREAD_EXISTS = 160_004;
const THREAD_ARCHIVED = 50_083;
const UNKNOWN_MESSAGE = 10_008;
/** Unknown channel, missing access, missing permissions. */
const CLOSED = [10_003, 50_001, 50_013];
/** What posting cards and opening threads takes. Source: permissions, bitwise permission flags. */
const NEEDED: [bit: bigint, name: string][] = [
  [1n << 10n, 'View Channel'],
  [1n << 11n, 'Send Messages'],
  [1n << 14n, 'Embed Links'],
  [1n << 16n, 'Read Message History'],
  [1n << 35n, 'Create Public Threads'],
  [1n << 38n, 'Send Messages in Threads'],
];
/** The first answer must come within 3 s: no retry of the client's may stand between. */
const CALLBACK_TIMEOUT_MS = 2500;
const START_PAUSE_MS = 2000;
/** Longest wait inside a call; longer ones go back to the queue. */
const MAX_WAIT_MS = 5000;
const ARCHIVE_MINUTES = 1440;

export class DiscordFront implements Front {
  readonly chat = 'discord';
  readonly hasDialogs = false;
  private readonly settings: DiscordSettings;
  private readonly commands: Parameters<typeof guildCommands>[0];
  private readonly log: Log;
  private readonly client: Client;
  private guild: string | null;
  private readonly callbacks: REST;
  private readonly permissions = new Map<string, bigint>();
  private readonly onFatal: (reason: string) => void;
  private closed = false;

  /** `onFatal`: Discord closed the connection for good, and the process is of no use without it. */
  constructor(
    settings: DiscordSettings,
    commands: Parameters<typeof guildCommands>[0],
    log: Log,
    onFatal: (reason: string) => void,
  ) {
    this.onFatal = onFatal;
    const api = settings.apiUrl === null ? {} : { api: settings.apiUrl };
    this.callbacks = new REST({ ...api, retries: 0, timeout: CALLBACK_TIMEOUT_MS });
    this.settings = settings;
    this.commands = commands;
    this.log = log;
    this.guild = settings.guildId;
    this.client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
      allowedMentions: { parse: [] },
      rest: {
        ...api,
        timeout: 10_000,
        // Posts carry a nonce, so that a repeat makes no second message.
        retries: 1,
        rejectOnRateLimit: ({ retryAfter }) => retryAfter > MAX_WAIT_MS,
      },
    });
  }

  async start(inbox: Inbox): Promise<void> {
    const { client } = this;
    client.on(Events.Error, (error) => this.log.error({ error: error.message }, 'Discord client'));
    client.on(Events.ShardError, (error) => this.log.warn({ error: error.message }, 'Discord socket'));
    // A fatal close is not tried again by the client.
    client.on(Events.ShardDisconnect, ({ code }) => {
      if (!this.closed) this.onFatal(`Discord closed the connection for good (${code})`);
    });
    const ready = new Promise<void>((resolve) => client.once(Events.ClientReady, () => resolve()));
    client.on(Events.Raw, (packet: GatewayDispatchPayload) => {
      if (this.closed || packet.t !== GatewayDispatchEvents.InteractionCreate) return;
      this.handle(packet.d as APIInteraction, inbox).catch((error: Error) => {
        this.log.error({ error: error.message }, 'Discord interaction');
      });
    });
    client.rest.setToken(this.settings.token);
    // A login that fails cannot be tried again: Discord is waited for first.
    await this.patiently(() => client.rest.get(Routes.gatewayBot()));
    await client.login(this.settings.token);
    await ready;
    await this.register();
  }

  /** Tries for as long as Discord is away. @throws where it is there, and refuses. */
  private async patiently(run: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await this.call(run);
        return;
      } catch (error) {
        if (!(error instanceof ChatUnavailable)) throw error;
        this.log.warn({ error: error.message }, 'Discord is not reachable yet');
        await pause(Math.max(START_PAUSE_MS, error.retryAfterMs));
      }
    }
  }

  /** Guild commands are there at once; a put of unchanged ones costs nothing of the daily quota. */
  private async register(): Promise<void> {
    const guilds = this.guild === null ? [...this.client.guilds.cache.keys()] : [this.guild];
    this.guild = guilds[0] ?? null;
    const application = this.client.application?.id;
    if (application === undefined) throw new Error('Discord named no application');
    for (const guild of guilds) {
      const body = guildCommands(this.commands);
      await this.patiently(() => this.client.rest.put(Routes.applicationGuildCommands(application, guild), { body }));
    }
  }

  async stop(): Promise<void> {
    this.closed = true;
    await this.client.destroy();
  }

  private async handle(d: APIInteraction, inbox: Inbox): Promise<void> {
    const event = incomingFrom(d);
    if (!event) return;
    if (event.kind === 'suggest') {
      const choices = await inbox.suggest(event.incoming);
      await this.callback(d, { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } });
      return;
    }
    if (!(await inbox.claim(d.id))) return;
    if (d.app_permissions) this.permissions.set(event.incoming.place.channel, BigInt(d.app_permissions));
    const type =
      event.kind === 'click' && event.replaces && !inbox.keeps(event.incoming.token)
        ? { type: InteractionResponseType.DeferredMessageUpdate }
        : { type: InteractionResponseType.DeferredChannelMessageWithSource, data: { flags: MessageFlags.Ephemeral } };
    // Another bot had it.
    if (!(await this.callback(d, type))) return;
    await inbox.acknowledged(d.id);
    if (event.kind === 'command') await inbox.command(event.incoming);
    else await inbox.click(event.incoming);
  }

  private async callback(d: APIInteraction, body: object): Promise<boolean> {
    try {
      await this.callbacks.post(Routes.interactionCallback(d.id, d.token), { auth: false, body });
      return true;
    } catch (error) {
      if (error instanceof DiscordAPIError && error.code === ALREADY_ACKNOWLEDGED) return false;
      throw error;
    }
  }

  async post(to: Place, message: Message, options: PostOptions): Promise<DiscordRef> {
    const channel = options.thread ? await this.openThread(options.thread) : to.channel;
    const { ping, marker } = options;
    const body = { ...renderDiscord(message, ping, marker), nonce: nonce(marker), enforce_nonce: true };
    const sent = await this.call(() => this.client.rest.post(Routes.channelMessages(channel), { body }));
    return { channel, message: (sent as APIMessage).id, marker };
  }

  /** A thread that hangs on a message has the message's own id. */
  private async openThread({ of, title }: { of: unknown; title: string }): Promise<string> {
    const { channel, message } = of as DiscordRef;
    const body = { name: truncate(title, DISCORD.threadName), auto_archive_duration: ARCHIVE_MINUTES };
    try {
      await this.call(() => this.client.rest.post(Routes.threads(channel, message), { body }));
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.code !== THREAD_EXISTS) throw error;
    }
    return message;
  }

  async edit(ref: unknown, message: Message): Promise<void> {
    const { channel, message: id, marker } = ref as DiscordRef;
    const body = renderDiscord(message, [], marker);
    const edit = () => this.client.rest.patch(Routes.channelMessage(channel, id), { body });
    try {
      await this.call(edit);
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.code !== THREAD_ARCHIVED) throw error;
      await this.call(() => this.client.rest.patch(Routes.channel(channel), { body: { archived: false } }));
      await this.call(edit);
    }
  }

  async find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<DiscordRef | null> {
    const of = options.thread?.of as DiscordRef | undefined;
    const channel = of?.message ?? to.channel;
    try {
      const query = new URLSearchParams({ limit: '50' });
      const newest = (await this.call(() =>
        this.client.rest.get(Routes.channelMessages(channel), { query }),
      )) as APIMessage[];
      const found = newest.find((m) => m.embeds.some(({ footer }) => footer?.text === options.marker));
      return found ? { channel, message: found.id, marker: options.marker } : null;
    } catch (error) {
      // The thread was not opened yet.
      if (error instanceof PlaceClosed && of) return null;
      throw error;
    }
  }

  async reply(ref: unknown, message: Message): Promise<void> {
    const { application, token } = ref as DiscordReply;
    const body = renderDiscord(message);
    const route = Routes.webhookMessage(application, token, '@original');
    await this.call(() => this.client.rest.patch(route, { auth: false, body }));
  }

  async direct(account: AccountId, message: Message): Promise<void> {
    const recipient = discordUser([account]);
    const open = { body: { recipient_id: recipient } };
    const dm = (await this.call(() => this.client.rest.post(Routes.userChannels(), open))) as APIChannel;
    // Buttons act in rooms; a direct message is none.
    const body = renderDiscord({ ...message, buttons: [] });
    await this.call(() => this.client.rest.post(Routes.channelMessages(dm.id), { body }));
  }

  /** Listing a server's members needs a privileged intent, so those who are known are read one by one. */
  async members(accounts: readonly AccountId[]): Promise<Map<AccountId, Member>> {
    const members = new Map<AccountId, Member>();
    for (const account of accounts) {
      const member = await this.member(account);
      if (member) members.set(account, member);
    }
    return members;
  }

  async member(account: AccountId): Promise<Member | null> {
    const { guild } = this;
    return guild === null ? null : this.call(() => readMember(this.client.rest, guild, account));
  }

  /** Commands show up also where the bot may not post; each interaction says what it may there. */
  async blocked(place: Place): Promise<string | null> {
    const held = this.permissions.get(place.channel);
    const missing = NEEDED.filter(([bit]) => held !== undefined && (held & bit) === 0n).map(([, name]) => name);
    return missing.length === 0 ? null : `I could not post here. In this channel I lack: ${missing.join(', ')}.`;
  }

  /** Errors of Discord as what a job can act on. */
  private async call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const code = error instanceof DiscordAPIError ? Number(error.code) : 0;
      if (code === UNKNOWN_MESSAGE) throw new MessageGone('the message was deleted');
      if (CLOSED.includes(code)) throw new PlaceClosed(`Discord: ${code}`);
      if (error instanceof RateLimitError) throw new ChatUnavailable('rate limited by Discord', error.retryAfter);
      if (error instanceof HTTPError || transient(error)) {
        throw new ChatUnavailable(`Discord: ${(error as Error).message}`, 0);
      }
      throw error;
    }
  }
}

function transient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DiscordAPIError) return false;
  return error.name === 'AbortError' || /UND_ERR|ECONN/.test(String((error as { code?: unknown }).code));
}

/** At most 25 characters. */
const nonce = (marker: string) => marker.slice(0, 25);
