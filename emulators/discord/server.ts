import {
  type ChatEmulator,
  type ChatFaults,
  ClientRefused,
  faulted,
  NotAcknowledged,
  type Seen,
  type SeenButton,
  type SeenForm,
  type Timeline,
  withinAckTime,
} from '../chat.ts';
import { type HttpAnswer, type HttpCall, type Listening, listen } from '../http.ts';
import { Quotas } from '../quota.ts';
import { typedCommand } from './client.ts';
import { withFiles } from './files.ts';
import { Gateway } from './gateway.ts';
import { limit, tooMany } from './limits.ts';
import { type Reader, readButtons, readInputs, readMessage } from './read.ts';
import { memberJson, type RestContext, rest } from './rest.ts';
import { type DiscordMessage, type Interaction, type Json, Server } from './state.ts';

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
  readonly violations: string[] = [];
  readonly requests: RecordedRequest[] = [];
  faults: ChatFaults = { mode: null, redeliver: false };
  /** Where DISCORD_API_URL points; ends in /api. */
  url = '';
  private readonly options: DiscordEmulatorOptions;
  private listening: Listening | null = null;
  private gateway: Gateway | null = null;
  private readonly quotas: Quotas;
  private running = 0;

  constructor(options: DiscordEmulatorOptions) {
    this.options = options;
    this.quotas = new Quotas(options.now ?? Date.now);
  }

  async start(): Promise<void> {
    this.listening = await listen((call) => this.handle(call));
    this.url = `http://127.0.0.1:${this.listening.port}/api`;
    this.gateway = new Gateway(this.listening.server, this.server, this.options.token, () => this.gatewayUrl());
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

  connections(): number {
    return this.gateway?.connections() ?? 0;
  }

  inFlight(): number {
    return this.running;
  }

  private async handle(call: HttpCall): Promise<HttpAnswer> {
    this.running += 1;
    try {
      return await this.answer(call);
    } finally {
      this.running -= 1;
    }
  }

  private async answer(sent: HttpCall): Promise<HttpAnswer> {
    const { call, files } = await withFiles(sent);
    const exempt = call.path.endsWith('/callback') || call.path.endsWith('/gateway/bot');
    const fault = exempt ? null : await faulted(this.faults);
    if (fault) return faultAnswer(fault);
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
    return { ...answer, headers: { ...quota.headers, ...answer.headers } };
  }

  private context(): RestContext {
    const { server, violations } = this;
    const now = this.options.now ?? Date.now;
    return { server, violations, now, timeline: this.options.timeline, gatewayUrl: this.gatewayUrl() };
  }

  private async interact(user: string, channel: string, source: string | null, part: Json): Promise<Interaction> {
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
      created: Date.now(),
      answered: false,
      acknowledged,
      original: null,
      choices: [],
    };
    server.interactions.set(token, interaction);
    const payload = { ...this.payload(interaction), ...part };
    this.gateway?.dispatch('INTERACTION_CREATE', payload);
    if (this.faults.redeliver) this.gateway?.dispatch('INTERACTION_CREATE', payload);
    if (!(await withinAckTime(ack))) throw new NotAcknowledged('the interaction was not acknowledged within 3 s');
    return interaction;
  }

  private payload({ id, token, user, channel }: Interaction): Json {
    const { server } = this;
    const place = server.channels.get(channel);
    const who = server.users.get(user);
    const shape =
      place?.parent === null || place === undefined
        ? { id: channel, type: 0, guild_id: server.guild, name: place?.name ?? '', permissions: '2147483647' }
        : {
            id: channel,
            type: 11,
            guild_id: server.guild,
            name: place.name,
            parent_id: place.parent,
            permissions: '2147483647',
            thread_metadata: {
              archived: false,
              auto_archive_duration: 1440,
              archive_timestamp: new Date(0).toISOString(),
              locked: false,
            },
          };
    return {
      id,
      token,
      application_id: server.application,
      version: 1,
      channel_id: channel,
      ...(place?.recipient
        ? { channel: { id: channel, type: 1 }, user: who ? memberJson(who).user : undefined }
        : {
            guild_id: server.guild,
            guild: { id: server.guild, locale: 'en-US', features: [] },
            channel: shape,
            member: who ? memberJson(who) : undefined,
          }),
      app_permissions: '2248473465835073',
      locale: 'en-US',
      guild_locale: 'en-US',
      entitlements: [],
      entitlement_sku_ids: [],
      authorizing_integration_owners: { 0: server.guild },
      context: 0,
      attachment_size_limit: 10_485_760,
    };
  }

  async command(person: string, channelName: string, typed: string): Promise<void> {
    const { user, channel } = this.at(person, channelName);
    const { subcommand, options } = typedCommand(typed, this.server.commands);
    const data = { id: this.server.newId(), name: 'pod', type: 1, options: [{ type: 1, name: subcommand, options }] };
    await this.interact(user, channel, null, { type: 2, data });
  }

  /** Somebody names the bot in a message; in the thread of `under`, where that is given. */
  mention(person: string, channelName: string, text: string, under: Seen | null): Promise<void> {
    const { user, channel } = this.at(person, channelName);
    const thread = under && this.server.channels.has(under.id) ? under.id : null;
    this.gateway?.dispatch('MESSAGE_CREATE', {
      id: this.server.newId(),
      channel_id: thread ?? channel,
      guild_id: this.server.guild,
      author: { id: user, username: person, discriminator: '0', avatar: null },
      content: `<@${this.server.bot}> ${text}`,
      mentions: [{ id: this.server.bot, username: 'podwarden', discriminator: '0', avatar: null, bot: true }],
      mention_roles: [],
      mention_everyone: false,
      attachments: [],
      embeds: [],
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      pinned: false,
      type: 0,
    });
    return Promise.resolve();
  }

  /** What the client offers while somebody types into an option. */
  async suggestions(person: string, channelName: string, subcommand: string, option: string, typed: string) {
    const { user, channel } = this.at(person, channelName);
    const options = [{ name: option, type: 3, value: typed, focused: true }];
    const data = { id: this.server.newId(), name: 'pod', type: 1, options: [{ type: 1, name: subcommand, options }] };
    const { choices } = await this.interact(user, channel, null, { type: 4, data });
    return choices as { name: string; value: string }[];
  }

  private at(person: string, channelName: string): { user: string; channel: string } {
    const user = this.server.byName(person).id;
    const channel = this.server.channelNamed(channelName);
    if (!channel.members?.has(user)) throw new ClientRefused(`${person} is not in #${channelName}`);
    return { user, channel: channel.id };
  }

  async press(person: string, seen: Seen, button: SeenButton): Promise<void> {
    const message = this.server.messages.find((m) => m.id === seen.id);
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
    const user = this.server.byName(person).id;
    await this.interact(user, message.channel, message.id, { type: 3, data, message: shown });
  }

  form(person: string): SeenForm | null {
    const user = this.server.byName(person).id;
    const open = this.server.modals.filter((modal) => modal.user === user).at(-1);
    if (!open) return null;
    const fields = readInputs(open.modal.components as Json[]);
    return {
      id: open.id,
      title: String(open.modal.title),
      fields,
      errors: open.errors,
      opened: open.opened,
      changed: open.opened,
    };
  }

  async submit(person: string, form: SeenForm): Promise<void> {
    const user = this.server.byName(person).id;
    const open = this.server.modals.find((modal) => modal.id === form.id);
    if (!open) throw new ClientRefused('that form is closed');
    const components = form.fields.map((field, i) => ({
      type: 18,
      id: i + 1,
      component: {
        id: i + 100,
        custom_id: field.id,
        ...(field.kind === 'text' ? { type: 4, value: field.value[0] ?? '' } : { type: 3, values: field.value }),
      },
    }));
    this.server.modals.splice(this.server.modals.indexOf(open), 1);
    await this.interact(user, open.channel, open.source, {
      type: 5,
      data: { custom_id: open.modal.custom_id, components },
    });
  }

  visibleTo(person: string | null): Seen[] {
    const user = person === null ? null : this.server.byName(person).id;
    return this.server.messages
      .filter((message) => !message.thinking && this.sees(user, message))
      .map((message) => this.seen(message));
  }

  private sees(user: string | null, message: DiscordMessage): boolean {
    if (message.onlyFor !== null) return user === null || message.onlyFor === user;
    return user === null || (this.server.roomOf(message.channel)?.members?.has(user) ?? false);
  }

  private seen(message: DiscordMessage): Seen {
    const reader: Reader = {
      userName: (id) => this.server.users.get(id)?.name ?? id,
      moment: this.options.moment,
      ago: this.options.ago,
    };
    const channel = this.server.channels.get(message.channel);
    return {
      id: message.id,
      channel: channel?.recipient ? null : (this.server.roomOf(message.channel)?.name ?? null),
      thread: channel?.parent !== null && channel?.parent !== undefined,
      onlyFor: message.onlyFor === null ? null : (this.server.users.get(message.onlyFor)?.name ?? null),
      text: readMessage(message, reader),
      buttons: readButtons(message.components),
      posted: message.posted,
      changed: message.changed,
    };
  }
}

function faultAnswer({ status, retryAfter }: { status: number; retryAfter?: number }): HttpAnswer {
  if (retryAfter === undefined) return { status, body: { code: 0, message: 'service unavailable' } };
  return tooMany(retryAfter);
}
