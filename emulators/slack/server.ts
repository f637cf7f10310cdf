import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import {
  ACK_MS,
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
import { type HttpAnswer, type HttpCall, jsonBody, type Listening, listen, listenForSockets } from '../http.ts';
import { Quotas } from '../quota.ts';
import { METHODS, respond } from './api.ts';
import { slackFault } from './faults.ts';
import {
  type Answering,
  clickPayload,
  commandPayload,
  elementOf,
  mentionPayload,
  submissionPayload,
} from './payloads.ts';
import { rateLimit } from './rates.ts';
import { type Reader, readBlocks, readForm, readMessage } from './read.ts';
import { type ApiContext, addMessage, type Json, type SlackMessage, type SlackView, Workspace } from './state.ts';

const TRIGGER_MS = 3000;
/** Events are tried again for about an hour; a command or click that nobody acknowledged in time is over. */
const RETRIED_MS = 60 * 60_000;
const RESPONSE_MS = 30 * 60_000;
/** After a disconnect frame Slack ends the connection by itself. */
const LEAVING_MS = 5000;
/** A person's client sends at most this much text. */
const MAX_COMMAND = 12_000;

export interface SlackEmulatorOptions {
  botToken: string;
  appToken: string;
  timeline: Timeline;
  moment: (at: number) => string;
  ago: (at: number) => string;
  /** The clock on which rate limits run; the machine's own where it is left out. */
  now?: () => number;
}

/** One Slack workspace over http and a web socket, with Slack's own rules. */
export class SlackEmulator implements ChatEmulator {
  readonly chat = 'slack';
  readonly workspace = new Workspace();
  readonly violations: string[] = [];
  private readonly book = new EventBook();
  readonly events = this.book.events;
  faults: ChatFaults = { mode: null, redeliver: false };
  /** Messages that show a file are refused, as now and then while Slack processes it. */
  filesRefused = false;
  /** Where SLACK_API_URL points; ends in /api/. */
  url = '';
  private readonly options: SlackEmulatorOptions;
  private readonly context: ApiContext;
  /** Those that still get envelopes; a socket that was told to go only delivers its acknowledgements. */
  private readonly sockets = new Set<WebSocket>();
  /** How many were opened so far. */
  opened = 0;
  private readonly leaving = new Set<WebSocket>();
  private readonly quotas: Quotas;
  private readonly waiting = new Map<string, (payload: Json) => void>();
  /** Envelopes that wait for a socket, and until when anybody cares, real ms. */
  private readonly queued: { frame: string; until: number }[] = [];
  private listening: Listening | null = null;
  private running = 0;

  constructor(options: SlackEmulatorOptions) {
    this.options = options;
    this.quotas = new Quotas(options.now ?? Date.now);
    this.context = {
      workspace: this.workspace,
      timeline: options.timeline,
      now: options.now ?? Date.now,
      violations: this.violations,
      origin: () => `http://127.0.0.1:${this.listening?.port}`,
      filesRefused: () => this.filesRefused,
    };
  }

  async start(): Promise<void> {
    this.listening = await listen((call) => this.handle(call));
    this.url = `http://127.0.0.1:${this.listening.port}/api/`;
    listenForSockets(this.listening.server).on('connection', (socket) => this.connected(socket));
  }

  async close(): Promise<void> {
    for (const socket of [...this.sockets, ...this.leaving]) socket.terminate();
    await this.listening?.close();
  }

  private connected(socket: WebSocket): void {
    this.sockets.add(socket);
    this.opened++;
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.leaving.delete(socket);
    });
    socket.on('message', (data) => {
      const { envelope_id: id, payload } = JSON.parse(String(data)) as { envelope_id: string; payload?: Json };
      this.waiting.get(id)?.(payload ?? {});
    });
    socket.send(
      JSON.stringify({ type: 'hello', num_connections: this.sockets.size, connection_info: { app_id: 'A1' } }),
    );
    for (const { frame, until } of this.queued.splice(0)) if (Date.now() < until) socket.send(frame);
  }

  disconnect(): void {
    for (const socket of this.sockets) {
      this.sockets.delete(socket);
      this.leaving.add(socket);
      socket.send(
        JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'emulator' } }),
      );
      setTimeout(() => socket.close(), LEAVING_MS).unref();
    }
  }

  /** The connection breaks without a word. */
  cut(): void {
    for (const socket of [...this.sockets, ...this.leaving]) socket.terminate();
    this.sockets.clear();
  }

  connections(): number {
    return this.sockets.size;
  }

  inFlight(): number {
    return this.running;
  }

  private async handle(call: HttpCall): Promise<HttpAnswer | 'drop'> {
    this.running += 1;
    try {
      return await this.answer(call);
    } finally {
      this.running -= 1;
    }
  }

  private async answer(call: HttpCall): Promise<HttpAnswer | 'drop'> {
    const method = call.path.replace('/api/', '');
    const fault = await slackFault(call.path.replace(/^\/(api\/)?/, ''), call, this.faults);
    if (fault) return fault;
    if (call.path.startsWith('/upload/')) return this.upload(call);
    if (call.path.startsWith('/response/')) {
      return this.respond(call.path.slice('/response/'.length), jsonBody(call));
    }
    const wanted = method === 'apps.connections.open' ? this.options.appToken : this.options.botToken;
    if (call.headers.authorization !== `Bearer ${wanted}`)
      return { status: 200, body: { ok: false, error: 'invalid_auth' } };
    if (method === 'apps.connections.open') {
      return { status: 200, body: { ok: true, url: `ws://127.0.0.1:${this.listening?.port}/link` } };
    }
    const run = METHODS[method];
    if (!run) return { status: 200, body: { ok: false, error: 'unknown_method' } };
    const params = Object.fromEntries(new URLSearchParams(call.body.toString('utf8')));
    const limited = rateLimit(method, params, this.quotas);
    if (limited) return limited;
    const body = run(params, this.context);
    if (method === 'views.open' && body.ok === true) {
      this.book.answered(params.trigger_id ?? '', 'form', '');
      this.book.alias(String((body.view as Json).id), params.trigger_id ?? '');
    }
    return { status: 200, body };
  }

  private respond(id: string, said: Json): HttpAnswer {
    const answer = respond(id, said, this.context);
    const blocks = (said.blocks as Json[] | undefined) ?? [];
    if (answer.status === 200)
      this.book.answered(id, 'message', readBlocks(blocks, this.reader()) || String(said.text));
    return answer;
  }

  /** The address is the secret: no token goes with the bytes. */
  private upload({ path, body, method }: HttpCall): HttpAnswer {
    const file = this.workspace.files.get(path.slice('/upload/'.length));
    if (!file || file.bytes || method !== 'POST') return { status: 404, body: 'not found' };
    if (body.length !== file.length) return { status: 400, body: 'length does not match' };
    file.bytes = body;
    return { status: 200, body: `OK - ${body.length}` };
  }

  /** Sends one envelope to one socket; the promise ends with the acknowledgement's payload. */
  private deliver(type: string, payload: Json): Promise<Json> {
    const id = randomUUID();
    const frame = JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: true });
    const acknowledged = new Promise<Json>((resolve) => this.waiting.set(id, resolve));
    const [socket] = this.sockets;
    // Envelopes are spread over the sockets.
    if (socket && this.sockets.delete(socket)) this.sockets.add(socket);
    if (!socket) this.queued.push({ frame, until: Date.now() + (type === 'events_api' ? RETRIED_MS : ACK_MS) });
    else {
      socket.send(frame);
      // The same event again under an envelope of its own, as after a lost acknowledgement.
      if (this.faults.redeliver) socket.send(frame.replace(id, randomUUID()));
    }
    return acknowledged;
  }

  private interaction(user: string, channel: string, threadTs: string | null, source: string | null): Answering {
    const trigger = this.workspace.newId('trigger-');
    this.workspace.triggers.set(trigger, { user, expires: Date.now() + TRIGGER_MS });
    // Not to be guessed: the address is the right to answer.
    const id = randomUUID();
    this.workspace.responses.set(id, { user, channel, threadTs, source, uses: 0, expires: Date.now() + RESPONSE_MS });
    return { trigger_id: trigger, response_url: `http://127.0.0.1:${this.listening?.port}/response/${id}` };
  }

  async command(person: string, channelName: string, typed: string): Promise<void> {
    const user = this.workspace.byName(person);
    const channel = this.workspace.channelNamed(channelName);
    if (!channel.members.has(user.id)) throw new ClientRefused(`${person} is not in #${channelName}`);
    const match = /^\/pod(?:\s+([\s\S]*))?$/.exec(typed);
    if (!match) throw new ClientRefused('not a command of this workspace');
    if (typed.length > MAX_COMMAND) throw new ClientRefused('the message is too long');
    const answering = this.interaction(user.id, channel.id, null, null);
    const payload = commandPayload(this.workspace, user, channel, match[1] ?? '', answering);
    const event = this.book.begin(
      { kind: 'command', person, channel: channelName, what: typed, token: '', about: '' },
      addressesOf(answering),
    );
    await this.acknowledged(this.deliver('slash_commands', payload), '/pod', event);
  }

  async say(person: string, channelName: string, text: string, under: Pick<Seen, 'id'> | null): Promise<void> {
    const { workspace } = this;
    const user = workspace.byName(person);
    const channel = workspace.channelNamed(channelName);
    if (!channel.members.has(user.id)) throw new ClientRefused(`${person} is not in #${channelName}`);
    if (text.length > MAX_COMMAND) throw new ClientRefused('the message is too long');
    // Not in a thread either: Slack's client takes it for a command, and has none there.
    if (text.startsWith('/')) throw new ClientRefused('slash commands do not work in threads');
    const source = under ? workspace.messages.find((m) => m.ts === under.id && this.sees(user.id, m)) : null;
    if (source === undefined || (source && source.channel !== channel.id))
      throw new ClientRefused('that thread is not there');
    const threadTs = source?.threadTs ?? source?.ts ?? null;
    const said = escaped(text).replace(BOT_NAME, `<@${workspace.bot.user}>`);
    const written = { channel: channel.id, threadTs, onlyFor: null, author: user.id, text: said };
    const message = addMessage(written, this.context);
    // Nobody waits for an acknowledgement: the message stands there either way.
    if (BOT_NAME.test(text)) void this.deliver('events_api', mentionPayload(workspace, user, message));
  }

  private async acknowledged(ack: Promise<Json>, what: string, event: ChatEvent): Promise<Json> {
    if (!(await withinAckTime(ack.then(() => {}))))
      throw new NotAcknowledged(`${what} was not acknowledged within 3 s`);
    event.acknowledgedAt = Date.now();
    return ack;
  }

  async press(person: string, seen: Pick<Seen, 'id'>, button: Pick<SeenButton, 'id' | 'label'>): Promise<void> {
    const user = this.workspace.byName(person);
    const message = this.workspace.messages.find((m) => m.ts === seen.id);
    const element = message && this.sees(user.id, message) ? elementOf(message, button.id) : undefined;
    if (!message || !element) throw new ClientRefused('that button is not there any more');
    const answering = this.interaction(user.id, message.channel, message.threadTs, message.ts);
    const payload = clickPayload(this.workspace, user, message, element, answering);
    const on = readMessage(message, this.workspace, this.reader());
    const event = this.book.begin(
      { kind: 'click', person, channel: on.channel ?? '', what: button.label, token: button.id, about: on.text },
      addressesOf(answering),
    );
    await this.acknowledged(this.deliver('interactive', payload), `the click on ${button.label}`, event);
  }

  form(person: string): SeenForm | null {
    const user = this.workspace.byName(person);
    const open = this.workspace.views.filter((view) => view.user === user.id).at(-1);
    return open ? readForm(open) : null;
  }

  async submit(person: string, form: SeenForm): Promise<void> {
    const user = this.workspace.byName(person);
    const open = this.openView(user.id, form.id);
    const payload = submissionPayload(this.workspace, user, open, form);
    const what = { what: form.title, token: String(open.view.callback_id ?? ''), about: filledIn(form) };
    const event = this.book.begin({ kind: 'form', person, channel: '', ...what }, []);
    const ack = await sending(open, this.acknowledged(this.deliver('interactive', payload), 'the form', event));
    open.typed = Object.fromEntries(form.fields.map(({ id, value }) => [id, value]));
    open.changed = this.options.timeline.next();
    open.errors = ack.response_action === 'errors' ? (ack.errors as Record<string, string>) : {};
    const text = Object.values(open.errors).join('\n');
    if (text !== '') event.answers.push({ kind: 'problems', text, at: Date.now() });
    else this.book.takeOver(open.id, event);
    if (text === '') this.closeView(open);
  }

  /** The bot asks for no word of it, so none is sent. */
  dismiss(person: string, form: Pick<SeenForm, 'id'>): void {
    this.closeView(this.openView(this.workspace.byName(person).id, form.id));
    this.options.timeline.next();
  }

  /** It may be closed already, by whoever did not wait for its answer. */
  private closeView(view: SlackView): void {
    this.workspace.views = this.workspace.views.filter((open) => open !== view);
  }

  private openView(user: string, id: string): SlackView {
    const open = this.workspace.views.find((view) => view.id === id && view.user === user && !view.isSending);
    if (!open) throw new ClientRefused('that form is closed');
    return open;
  }

  private reader(): Reader {
    return {
      userName: (id) => (id === this.workspace.bot.user ? 'Podwarden' : (this.workspace.users.get(id)?.name ?? id)),
      moment: this.options.moment,
      ago: this.options.ago,
    };
  }

  visibleTo(person: string | null): Seen[] {
    const user = person === null ? null : this.workspace.byName(person).id;
    const reader = this.reader();
    return this.workspace.messages
      .filter((message) => this.sees(user, message))
      .map((message) => readMessage(message, this.workspace, reader));
  }

  /** `user` null is whoever may look at everything. */
  sees(user: string | null, message: SlackMessage): boolean {
    if (message.onlyFor !== null) return user === null || message.onlyFor === user;
    return user === null || (this.workspace.channels.get(message.channel)?.members.has(user) ?? false);
  }
}

const addressesOf = ({ trigger_id, response_url }: Answering): string[] => [
  trigger_id,
  response_url.split('/').at(-1) ?? '',
];
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
