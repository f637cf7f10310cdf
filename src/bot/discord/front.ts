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
  Routes,
} from 'discord.js';
import type { DiscordSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';
import type { AccountId, Place } from '../../policy/identity.ts';
import { ChatUnavailable, type Front, type Inbox, type Member, type PostOptions } from '../front.ts';
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
}

/** Discord's error codes that are handled by name. Source: Opcodes and Status Codes, JSON error codes. */
const ALREADY_ACKNOWLEDGED = 40_060;
const THREAD_EXISTS = 160_004;
const THREAD_ARCHIVED = 50_083;
const UNKNOWN_CHANNEL = 10_003;
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
  private closed = false;

  constructor(settings: DiscordSettings, commands: Parameters<typeof guildCommands>[0], log: Log) {
    this.settings = settings;
    this.commands = commands;
    this.log = log;
    this.guild = settings.guildId;
    this.client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
      allowedMentions: { parse: [] },
      rest: {
        ...(settings.apiUrl === null ? {} : { api: settings.apiUrl }),
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
    // A fatal close is not tried again by the client: without a socket this process is of no use.
    client.on(Events.ShardDisconnect, ({ code }) => {
      if (!this.closed) this.log.error({ code }, 'Discord closed the connection for good');
    });
    const ready = new Promise<void>((resolve) => client.once(Events.ClientReady, () => resolve()));
    client.on(Events.Raw, (packet: GatewayDispatchPayload) => {
      if (this.closed || packet.t !== GatewayDispatchEvents.InteractionCreate) return;
      this.handle(packet.d as APIInteraction, inbox).catch((error: Error) => {
        this.log.error({ error: error.message }, 'Discord interaction');
      });
    });
    await client.login(this.settings.token);
    await ready;
    await this.register();
  }

  /** Guild commands are there at once; a put of unchanged ones costs nothing of the daily quota. */
  private async register(): Promise<void> {
    const guilds = this.guild === null ? [...this.client.guilds.cache.keys()] : [this.guild];
    this.guild = guilds[0] ?? null;
    const application = this.client.application?.id;
    if (application === undefined) throw new Error('Discord named no application');
    for (const guild of guilds) {
      const body = guildCommands(this.commands);
      await this.client.rest.put(Routes.applicationGuildCommands(application, guild), { body });
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
    const type =
      event.kind === 'click' && event.replaces
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
      await this.client.rest.post(Routes.interactionCallback(d.id, d.token), { auth: false, body });
      return true;
    } catch (error) {
      if (error instanceof DiscordAPIError && error.code === ALREADY_ACKNOWLEDGED) return false;
      throw error;
    }
  }

  async post(to: Place, message: Message, options: PostOptions): Promise<DiscordRef> {
    const channel = options.thread ? await this.openThread(options.thread) : to.channel;
    const body = { ...renderDiscord(message, options.ping), nonce: nonce(options.marker), enforce_nonce: true };
    const sent = await this.call(() => this.client.rest.post(Routes.channelMessages(channel), { body }));
    return { channel, message: (sent as APIMessage).id };
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
    const { channel, message: id } = ref as DiscordRef;
    const body = renderDiscord(message);
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
      const found = newest.find((m) => m.nonce === nonce(options.marker));
      return found ? { channel, message: found.id } : null;
    } catch (error) {
      // The thread was not opened yet.
      if (error instanceof DiscordAPIError && error.code === UNKNOWN_CHANNEL) return null;
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
    const body = { recipient_id: recipient };
    const dm = (await this.call(() => this.client.rest.post(Routes.userChannels(), { body }))) as APIChannel;
    await this.call(() => this.client.rest.post(Routes.channelMessages(dm.id), { body: renderDiscord(message) }));
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

  /** Discord shows the command only where the bot may answer. */
  async blocked(): Promise<string | null> {
    return null;
  }

  /** Errors of Discord as what a job can act on. */
  private async call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
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
