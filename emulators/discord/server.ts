import {
  BOT_NAME,
  type ChatEmulator,
  type ChatFaults,
  ClientRefused,
  NotAcknowledged,
  type Seen,
  type SeenButton,
  type SeenForm,
  sending,
  type Timeline,
  withinAckTime,
} from '../chat.ts';
import { type ChatEvent, EventBook, filledIn } from '../events.ts';
import { type HttpAnswer, type HttpCall, type Listening, listen } from '../http.ts';
import { Quotas } from '../quota.ts';
import { typedCommand } from './client.ts';
import { discordFault } from './faults.ts';
import { withFiles } from './files.ts';
import { Gateway } from './gateway.ts';
import { Guilds } from './guilds.ts';
import { limit } from './limits.ts';
import { type LostAnswer, lost } from './lost-answers.ts';
import { interactionPayload, messageEvent } from './payloads.ts';
import { type Reader, readButtons, readForm, readMessage } from './read.ts';
import { newMessage, type RestContext, rest } from './rest.ts';
import { type DiscordMessage, type Interaction, type Json, type Modal, Server } from './state.ts';

/** A person's client sends at most this much text. Source: message object (without Nitro). */
const MAX_CONTENT = 2000;

type Done = Pick<ChatEvent, 'kind' | 'what' | 'token' | 'about'>;

export interface DiscordEmulatorOptions {
  token: string;
  timeline: Timeline;
  moment: (at: number) => string;
  ago: (at: number) => string;
  /** The clock on which rate limits run and threads grow old; the machine's own where it is left out. */
  now?: () => number;
}

/** A request as it came, for validators that know Discord's own document. */
export interface RecordedRequest {
  method: string;
  path: string;
  body: unknown;
}

/** One Discord server over http and a gateway socket, with Discord's own rules. */
export class DiscordEmulator implements ChatEmulator {
  readonly chat = 'discord';
  readonly server = new Server();
  readonly guilds: Guilds;
  readonly violations: string[] = [];
  private readonly book = new EventBook();
  readonly events = this.book.events;
  readonly requests: RecordedRequest[] = [];
  faults: ChatFaults = { mode: null, redeliver: false };
  /** One for each next answer to a first answer. */
  lostAnswers: LostAnswer[] = [];
  /** Where DISCORD_API_URL points; ends in /api. */
  url = '';
  private readonly options: DiscordEmulatorOptions;
  private readonly now: () => number;
  private listening: Listening | null = null;
  private gateway: Gateway | null = null;
  private readonly quotas: Quotas;
  private running = 0;

  constructor(options: DiscordEmulatorOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.quotas = new Quotas(this.now);
    this.guilds = new Guilds(this.server, (t, d) => this.gateway?.dispatch(t, d), this.now);
  }

  async start(): Promise<void> {
    this.listening = await listen((call) => this.handle(call));
    this.url = `http://127.0.0.1:${this.listening.port}/api`;
    const { token } = this.options;
    this.gateway = new Gateway(this.listening.server, this.server, token, () => this.gatewayUrl(), this.now);
  }

  private gatewayUrl(): string {
    return `ws://127.0.0.1:${this.listening?.port}`;
  }

  async close(): Promise<void> {
    this.gateway?.close();
    await this.listening?.close();
  }

  disconnect(): void {
    this.gateway?.reconnect();
  }

  /** The session is forgotten: the bots must identify anew. */
  invalidate(): void {
    this.gateway?.invalidate();
  }

  /** The connection breaks without a word. */
  cut(): void {
    this.gateway?.cut();
  }

  /** Discord ends the connections with a close code of its own. */
  end(code: number): void {
    this.gateway?.end(code);
  }

  connections(): number {
    return this.gateway?.connections() ?? 0;
  }

  inFlight(): number {
    return this.running;
  }

  private async handle(call: HttpCall): Promise<HttpAnswer | 'drop'> {
    this.running += 1;
    try {
      const answer = await this.answer(call);
      return call.path.endsWith('/callback') ? await lost(this.lostAnswers.shift(), answer) : answer;
    } finally {
      this.running -= 1;
    }
  }

  private async answer(sent: HttpCall): Promise<HttpAnswer | 'drop'> {
    const { call, files } = await withFiles(sent);
    const fault = await discordFault(call, this.faults, this.server);
    if (fault) return fault;
    const open = call.path.includes('/webhooks/') || call.path.endsWith('/callback');
    if (!open && call.headers.authorization !== `Bot ${this.options.token}`) {
      return { status: 401, body: { code: 0, message: '401: Unauthorized' } };
    }
    if (call.method !== 'GET' && call.body.length > 0) {
      this.requests.push({ method: call.method, path: call.path, body: JSON.parse(call.body.toString('utf8')) });
    }
    const quota = limit(call, this.quotas);
    if (quota.refusal) return quota.refusal;
    const answer = rest(call, this.context(), files);
    if (answer.status < 300) this.note(call);
    return { ...answer, headers: { ...quota.headers, ...answer.headers } };
  }

  /** What an interaction was answered with, as its person reads it. */
  private note({ path: sent, body }: HttpCall): void {
    const path = decodeURIComponent(sent);
    const token = /\/interactions\/\d+\/([^/]+)\/callback$/.exec(path)?.[1];
    const { type } = (token === undefined ? {} : JSON.parse(body.toString('utf8'))) as { type?: number };
    if (token !== undefined && type === 9) this.book.answered(token, 'form', '');
    const edited = /\/webhooks\/\d+\/([^/]+)\/messages\/@original$/.exec(path)?.[1];
    const answered = edited ?? (type === 4 || type === 7 ? token : undefined);
    const original = answered === undefined ? null : this.server.interactions.get(answered)?.original;
    const message = this.server.messages.find(({ id }) => id === original);
    if (answered === undefined || !message) return;
    this.book.answered(answered, 'message', readMessage(message, this.server, this.reader()).text);
  }

  private context(): RestContext {
    const { server, violations, now } = this;
    return { server, violations, now, timeline: this.options.timeline, gatewayUrl: this.gatewayUrl() };
  }

  private async interact(
    user: string,
    channel: string,
    source: string | null,
    part: Json,
    { command = null, done = null }: { command?: string | null; done?: Done | null } = {},
  ): Promise<Interaction> {
    const { server } = this;
    const id = server.newId();
    const token = `token-${id}`;
    let acknowledged = () => {};
    const ack = new Promise<void>((resolve) => {
      acknowledged = resolve;
    });
    const interaction: Interaction = {
      id,
      token,
      user,
      channel,
      source,
      command,
      created: Date.now(),
      answered: false,
      acknowledged,
      original: null,
      choices: [],
    };
    server.interactions.set(token, interaction);
    const person = server.users.get(user)?.name ?? user;
    const event = done && this.book.begin({ ...done, person, channel: server.roomOf(channel)?.name ?? '' }, [token]);
    const payload = { ...interactionPayload(interaction, server), ...part };
    this.gateway?.dispatch('INTERACTION_CREATE', payload);
    if (this.faults.redeliver) this.gateway?.dispatch('INTERACTION_CREATE', payload);
    if (!(await withinAckTime(ack))) throw new NotAcknowledged('the interaction was not acknowledged within 3 s');
    if (event) event.acknowledgedAt = Date.now();
    return interaction;
  }

  async command(person: string, channelName: string, typed: string): Promise<void> {
    const { user, channel } = this.at(person, channelName);
    const { subcommand, options } = typedCommand(typed, this.server.commands);
    const data = { id: this.server.newId(), name: 'pod', type: 1, options: [{ type: 1, name: subcommand, options }] };
    const done: Done = { kind: 'command', what: typed, token: '', about: '' };
    await this.interact(user, channel, null, { type: 2, data }, { command: `pod ${subcommand}`, done });
  }

  /** Discord asks for no acknowledgement of a message. */
  async say(person: string, channelName: string, text: string, under: Pick<Seen, 'id'> | null): Promise<void> {
    const { server } = this;
    const { user, channel } = this.at(person, channelName);
    if (text.length > MAX_CONTENT) throw new ClientRefused(`a message has at most ${MAX_CONTENT} characters`);
    const thread = under === null ? null : this.threadOf(under.id);
    const place = server.channels.get(thread ?? channel);
    if (!place || (thread !== null && place.parent !== channel)) throw new ClientRefused('that thread is not there');
    // A post brings an archived thread back.
    place.archived = false;
    if (place.active) place.active.at = this.context().now();
    const to = { channel: place.id, onlyFor: null, thinking: false, author: user };
    const message = newMessage(to, { content: text.replace(BOT_NAME, `<@${server.bot}>`) }, this.context());
    this.gateway?.dispatch('MESSAGE_CREATE', messageEvent(message, server));
  }

  /** A thread has the id of the message that it hangs on. */
  private threadOf(message: string): string {
    const { channels, messages } = this.server;
    if (channels.get(message)?.parent) return message;
    const at = messages.find(({ id }) => id === message)?.channel ?? '';
    return at;
  }

  /** What the client offers while somebody types into an option. */
  async suggestions(person: string, channelName: string, subcommand: string, option: string, typed: string) {
    const { user, channel } = this.at(person, channelName);
    const options = [{ name: option, type: 3, value: typed, focused: true }];
    const data = { id: this.server.newId(), name: 'pod', type: 1, options: [{ type: 1, name: subcommand, options }] };
    const { choices } = await this.interact(user, channel, null, { type: 4, data });
    return choices as { name: string; value: string }[];
  }

  /** A channel by its name, or a thread by its id. */
  private at(person: string, place: string): { user: string; channel: string } {
    const user = this.server.byName(person).id;
    const channel = this.server.channels.get(place) ?? this.server.channelNamed(place);
    if (!this.server.roomOf(channel.id)?.members?.has(user)) throw new ClientRefused(`${person} is not in #${place}`);
    return { user, channel: channel.id };
  }

  async press(person: string, seen: Pick<Seen, 'id'>, button: Pick<SeenButton, 'id'>): Promise<void> {
    const user = this.server.byName(person).id;
    const message = this.server.messages.find((m) => m.id === seen.id && this.sees(user, m));
    if (!message || !readButtons(message.components).some(({ id }) => id === button.id)) {
      throw new ClientRefused('that button is not there any more');
    }
    const data = { custom_id: button.id, component_type: 2, id: 1 };
    const shown = {
      id: message.id,
      channel_id: message.channel,
      content: message.content,
      embeds: message.embeds,
      components: message.components,
      flags: message.onlyFor === null ? 0 : 64,
    };
    const on = readMessage(message, this.server, this.reader());
    const label = on.buttons.find(({ id }) => id === button.id)?.label ?? '';
    const done: Done = { kind: 'click', what: label, token: button.id, about: on.text };
    await this.interact(user, message.channel, message.id, { type: 3, data, message: shown }, { done });
  }

  form(person: string): SeenForm | null {
    const user = this.server.byName(person).id;
    const open = this.server.modals.filter((modal) => modal.user === user).at(-1);
    return open ? readForm(open) : null;
  }

  async submit(person: string, form: SeenForm): Promise<void> {
    const user = this.server.byName(person).id;
    const open = this.openModal(user, form.id);
    const components = form.fields.map((field, i) => ({
      type: 18,
      id: i + 1,
      component: {
        id: i + 100,
        custom_id: field.id,
        ...(field.kind === 'text' ? { type: 4, value: field.value[0] ?? '' } : { type: 3, values: field.value }),
      },
    }));
    const token = String(open.modal.custom_id);
    const done: Done = { kind: 'form', what: form.title, token, about: filledIn(form) };
    const payload = { type: 5, data: { custom_id: token, components } };
    await sending(open, this.interact(user, open.channel, open.source, payload, { done }));
    this.closeModal(open);
  }

  dismiss(person: string, form: Pick<SeenForm, 'id'>): void {
    this.closeModal(this.openModal(this.server.byName(person).id, form.id));
    this.options.timeline.next();
  }

  /** It stays until it was acknowledged, and may be closed by then. */
  private closeModal(modal: Modal): void {
    this.server.modals = this.server.modals.filter((open) => open !== modal);
  }

  private openModal(user: string, id: string): Modal {
    const open = this.server.modals.find((modal) => modal.id === id && modal.user === user && !modal.isSending);
    if (!open) throw new ClientRefused('that form is closed');
    return open;
  }

  private reader(): Reader {
    return {
      userName: (id) => (id === this.server.bot ? 'Podwarden' : (this.server.users.get(id)?.name ?? id)),
      moment: this.options.moment,
      ago: this.options.ago,
    };
  }

  visibleTo(person: string | null): Seen[] {
    const user = person === null ? null : this.server.byName(person).id;
    const reader = this.reader();
    return this.server.messages
      .filter((message) => !message.thinking && this.sees(user, message))
      .map((message) => readMessage(message, this.server, reader));
  }

  /** `user` null is whoever may look at everything. */
  sees(user: string | null, message: DiscordMessage): boolean {
    if (message.onlyFor !== null) return user === null || message.onlyFor === user;
    return user === null || (this.server.roomOf(message.channel)?.members?.has(user) ?? false);
  }
}
