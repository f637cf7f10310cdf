import { setTimeout as pause } from 'node:timers/promises';
import {
  type APIInteraction,
  Client,
  DiscordAPIError,
  Events,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  type GatewayMessageCreateDispatchData,
  InteractionResponseType,
  MessageFlags,
  REST,
  type RESTOptions,
  Routes,
} from 'discord.js';
import type { DiscordSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';
import type { AccountId, Place } from '../../policy/identity.ts';
import { type Attempted, isDisowned } from '../failure.ts';
import {
  ChatUnavailable,
  type Front,
  type Inbox,
  type IncomingSubmit,
  type Member,
  type PlaceRights,
  type PostOptions,
  type Taken,
} from '../front.ts';
import { code, type Message, note, text } from '../message/message.ts';
import { Pulse } from '../pulse.ts';
import { Reasons } from '../reasons.ts';
import { ChannelRights } from './channel-rights.ts';
import { guildCommands } from './commands.ts';
import { type Calling, calling } from './failures.ts';
import { type FirstAnswer, firstAnswerFrom } from './first-answers.ts';
import { type DiscordReply, incomingFrom, isThread, mentionFrom } from './incoming.ts';
import { renderModal } from './modal.ts';
import { readMember } from './people.ts';
import { type DiscordRef, Posts } from './posts.ts';
import { Privately } from './privately.ts';
import { renderDiscord } from './render.ts';
import { SHOWN } from './rights.ts';
import { type OurServer, Servers } from './servers.ts';

/** The first answer must come within 3 s: no retry of the client's may stand between. */
const CALLBACK_TIMEOUT_MS = 2500;
const START_PAUSE_MS = 2000;
/** Longest wait inside a call; longer ones go back to the queue. */
const MAX_WAIT_MS = 5000;

export class DiscordFront implements Front {
  readonly chat = 'discord';
  readonly hasDialogs = false;
  readonly shownInRights = SHOWN;
  readonly showsWaiting = true;
  readonly namesGroups = true;
  readonly pulse: Pulse;
  private readonly settings: DiscordSettings & OurServer;
  private readonly commands: Parameters<typeof guildCommands>[0];
  private readonly log: Log;
  private readonly client: Client;
  private readonly posts: Posts;
  private readonly privately: Privately;
  private readonly servers: Servers;
  private readonly callbacks: REST;
  private readonly channelRights: ChannelRights;
  private readonly reasons: Reasons;
  private closed = false;

  /** `onKnown`: Discord knows us no more (`reason`), or again (null). */
  constructor(
    settings: DiscordSettings & OurServer,
    commands: Parameters<typeof guildCommands>[0],
    log: Log,
    onKnown: (reason: string | null) => void,
    pulse = new Pulse(Date.now),
  ) {
    this.pulse = pulse;
    this.reasons = new Reasons(onKnown);
    const api = { makeRequest, ...(settings.apiUrl === null ? {} : { api: settings.apiUrl }) };
    this.callbacks = new REST({ ...api, retries: 0, timeout: CALLBACK_TIMEOUT_MS });
    this.settings = settings;
    this.commands = commands;
    this.log = log;
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
    const call: Calling = (run, attempted) => this.call(run, attempted);
    this.posts = new Posts(this.client.rest, call);
    this.privately = new Privately(this.client.rest, call);
    const onServer = (reason: string | null) => this.reasons.told('server', reason);
    this.channelRights = new ChannelRights(this.client, call, log);
    const asking = {
      register: (guild: string) => this.register(guild),
      find: (channel: string) => this.channelRights.find(channel),
    };
    this.servers = new Servers(this.client, settings, asking, onServer, log);
  }

  async start(inbox: Inbox): Promise<void> {
    const { client } = this;
    client.on(Events.Error, (error) => this.log.error({ error: error.message }, 'Discord client'));
    client.on(Events.ShardError, (error) => this.log.warn({ error: error.message }, 'Discord socket'));
    client.on(Events.ShardReconnecting, () => this.pulse.connection(false));
    // A fatal close is not tried again by the client.
    client.on(Events.ShardDisconnect, ({ code }) => {
      this.pulse.connection(false);
      if (!this.closed) this.reasons.told('gateway', `Discord closed the connection for good (${code})`);
    });
    const ready = new Promise<void>((resolve) => client.once(Events.ClientReady, () => resolve()));
    client.on(Events.Raw, (packet: GatewayDispatchPayload) => {
      this.pulse.event();
      if (this.closed) return;
      const work = this.event(packet, inbox);
      work?.catch((error: Error) => this.log.error({ error: error.message }, 'Discord event'));
    });
    client.rest.setToken(this.settings.token);
    // A login that fails cannot be tried again: Discord is waited for first.
    await this.patiently(() => client.rest.get(Routes.gatewayBot()));
    await client.login(this.settings.token);
    await ready;
    await this.servers.begin();
  }

  /** The client forgets its token at the first 401, and would send nothing any more. */
  private async call<T>(run: () => Promise<T>, attempted?: Attempted): Promise<T> {
    try {
      const answer = await calling(run, attempted);
      this.reasons.told('token', null);
      return answer;
    } catch (error) {
      if (isDisowned(error)) {
        this.client.rest.setToken(this.settings.token);
        this.reasons.told('token', (error as Error).message);
      }
      throw error;
    }
  }

  /** Tries for as long as Discord is away. @throws where it is there, and refuses. */
  private async patiently(run: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await calling(run);
        return;
      } catch (error) {
        if (!(error instanceof ChatUnavailable)) throw error;
        this.log.warn({ error: error.message }, 'Discord is not reachable yet');
        await pause(Math.max(START_PAUSE_MS, error.retryAfterMs));
      }
    }
  }

  /** Guild commands are there at once; a put of unchanged ones costs nothing of the daily quota. */
  private async register(guild: string): Promise<void> {
    const application = this.client.application?.id;
    if (application === undefined) throw new Error('Discord named no application');
    const body = guildCommands(this.commands);
    await this.patiently(() => this.client.rest.put(Routes.applicationGuildCommands(application, guild), { body }));
  }

  async pause(): Promise<void> {
    this.closed = true;
  }

  async stop(): Promise<void> {
    this.closed = true;
    await this.client.destroy();
  }

  private event(packet: GatewayDispatchPayload, inbox: Inbox): Promise<void> | null {
    if (packet.t === GatewayDispatchEvents.InteractionCreate) return this.handle(packet.d as APIInteraction, inbox);
    if (packet.t === GatewayDispatchEvents.MessageCreate)
      return this.mentioned(packet.d as GatewayMessageCreateDispatchData, inbox);
    return null;
  }

  /** Discord has slash commands in threads too, and their answers are private: a mention is told so. */
  private async mentioned(message: GatewayMessageCreateDispatchData, inbox: Inbox): Promise<void> {
    const us = this.client.user?.id;
    if (message.author.bot || !message.mentions.some(({ id }) => id === us)) return;
    const isOurs = message.guild_id === this.servers.id;
    const typeIt = text('Type ', code('/pod'), ' here, also in threads: the answers are only for you.');
    const hint = isOurs ? note('info', typeIt) : note('warn', ELSEWHERE);
    const taken = await inbox.take({ kind: 'hint', incoming: mentionFrom(message), message: hint });
    if (taken.ours && (await taken.acknowledged())) await taken.run();
  }

  private async handle(d: APIInteraction, inbox: Inbox): Promise<void> {
    const event = incomingFrom(d, this.settings.channels);
    if (!event) return;
    if (d.guild_id && d.guild_id !== this.servers.id) {
      await this.callback(d, event.kind === 'suggest' ? noChoices : firstPrivately(note('warn', ELSEWHERE)));
      return;
    }
    if (event.kind === 'suggest') {
      const choices = await inbox.suggest(event.incoming);
      await this.callback(d, { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } });
      return;
    }
    // No card is posted in a direct message, so what the bot may there stands in no way.
    const { channel } = event.incoming.place;
    if (d.app_permissions && d.guild_id)
      this.channelRights.told(channel, BigInt(d.app_permissions), isThread(d.channel) && d.channel.id === channel);
    if (event.kind === 'submit') return this.submitted(d, event.incoming, inbox);
    const taken = await inbox.take(event);
    if (!taken.ours) return;
    if (taken.opensForm) return this.openForm(d, taken);
    const replaces = event.kind === 'click' && event.replaces && !inbox.keeps(event.incoming.token);
    await this.follow(d, taken, replaces ? { type: InteractionResponseType.DeferredMessageUpdate } : deferredPrivately);
  }

  /** Carries out what was taken, once its person sees that it was. */
  private async follow(d: APIInteraction, taken: Taken, answer: object): Promise<void> {
    if ((await this.callback(d, answer)) === 'lapsed') return taken.done();
    if (await taken.acknowledged()) await taken.run();
  }

  /** A form must be the first answer; what is said instead of it is one too. */
  private async openForm(d: APIInteraction, taken: Taken): Promise<void> {
    const opening = await taken.open();
    if ('message' in opening) return this.first(d, taken, opening.message);
    const shown = await this.callback(d, { type: InteractionResponseType.Modal, data: renderModal(opening.form) });
    if (shown !== 'unsure') return taken.done();
    await taken.say(note('warn', 'Discord did not say whether the form opened. If you do not see it, try again.'));
  }

  /** Discord shows no errors inside a form: they are said below it, with a button that opens it again as it was. */
  private async submitted(d: APIInteraction, incoming: IncomingSubmit, inbox: Inbox): Promise<void> {
    const found = await inbox.problems(incoming);
    const event = found ? { kind: 'hint' as const, message: found.message } : { kind: 'submit' as const };
    const taken = await inbox.take({ ...event, incoming } as Parameters<Inbox['take']>[0]);
    if (!taken.ours) return;
    if (found) await this.first(d, taken, found.message);
    else await this.follow(d, taken, deferredPrivately);
  }

  /** A message as the first answer; where Discord did not say that it has it, it is said once more as an edit. */
  private async first(d: APIInteraction, taken: Taken, message: Message): Promise<void> {
    const shown = await this.callback(d, firstPrivately(message));
    await (shown === 'unsure' ? taken.say(message) : taken.done());
  }

  /** Sent once more where Discord did not say what became of it. */
  private async callback(d: APIInteraction, body: object): Promise<FirstAnswer> {
    for (let sends = 1; ; sends++) {
      try {
        await this.callbacks.post(Routes.interactionCallback(d.id, d.token), { auth: false, body });
        return 'there';
      } catch (error) {
        const answer = firstAnswerFrom(error instanceof DiscordAPIError ? error.code : 0, sends);
        if (answer !== null) return answer;
        this.log.warn({ error: (error as Error).message }, 'a first answer may not have come through');
      }
    }
  }

  post(to: Place, message: Message, options: PostOptions) {
    return this.pulse.posted(this.posts.post(to, message, options));
  }

  edit(ref: unknown, message: Message) {
    return this.pulse.posted(this.posts.edit(ref as DiscordRef, message));
  }

  remove(ref: unknown): Promise<void> {
    return this.posts.remove(ref as DiscordRef);
  }

  find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>) {
    return this.posts.find(to, options);
  }

  link(ref: unknown): string | null {
    const { channel, message } = ref as DiscordRef;
    const guild = this.servers.id;
    return guild === null ? null : `https://discord.com/channels/${guild}/${channel}/${message}`;
  }

  reply(ref: unknown, message: Message): Promise<void> {
    return this.privately.reply(ref as DiscordReply, message);
  }

  async directPlace(account: AccountId): Promise<Place> {
    return { chat: this.chat, channel: await this.privately.channelOf(account) };
  }

  direct(account: AccountId, message: Message): Promise<void> {
    return this.pulse.posted(this.privately.direct(account, message));
  }

  async member(account: AccountId): Promise<Member | null> {
    const guild = this.servers.id;
    // Before the login nobody can be read, which says nothing of anybody.
    if (guild === null || !this.client.isReady()) throw new ChatUnavailable('Discord is not connected yet', 0);
    return this.call(() => readMember(this.client.rest, guild, account));
  }

  /** Roles come with each member. */
  async groupMembers() {
    return new Map();
  }

  async rights({ channel }: Place): Promise<PlaceRights | null> {
    await this.servers.lookFor(channel);
    return this.channelRights.read(this.servers, channel);
  }
}

/**
 * discord.js sends through whatever dispatcher the first undici of the process has set, and another version than its own does
 * not know the FormData of its uploads. Node's fetch has one of its own.
 */
const makeRequest = fetch as unknown as RESTOptions['makeRequest'];

const deferredPrivately = {
  type: InteractionResponseType.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
};
const ELSEWHERE = 'You are not allowed to use Podwarden here: it belongs to another server.';
const noChoices = { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: [] } };

function firstPrivately(message: Message) {
  const data = { ...renderDiscord(message), flags: MessageFlags.Ephemeral };
  return { type: InteractionResponseType.ChannelMessageWithSource, data };
}
