import type { Timeline } from '../chat.ts';
import { type HttpAnswer, type HttpCall, jsonBody } from '../http.ts';
import { channelJson, isArchived } from './channels.ts';
import { attachmentsAfter, imageProblems, type SentFile } from './files.ts';
import { isLockedOut, isShown, refusedIn } from './permissions.ts';
import { messageProblems, modalProblems } from './rules.ts';
import type { DiscordAttachment, DiscordMessage, DiscordUser, Interaction, Json, Server } from './state.ts';

export interface RestContext {
  server: Server;
  timeline: Timeline;
  violations: string[];
  gatewayUrl: string;
  now: () => number;
}

/** Interactions live 15 minutes, and must be answered first within 3 s. Source: receiving and responding. */
const TOKEN_MS = 15 * 60_000;
const FIRST_MS = 3000;

const ok = (body: unknown): HttpAnswer => ({ status: 200, body });
/** 204 goes without a content type: with one the client tries to parse nothing. */
const nothing: HttpAnswer = { status: 204 };
const refuse = (status: number, code: number, message: string): HttpAnswer => ({ status, body: { code, message } });

const UNKNOWN_MESSAGE = refuse(404, 10_008, 'Unknown Message');
/** Active threads of one server. Source: threads, thread limits. */
const MAX_ACTIVE_THREADS = 1000;
/** Also of a server that the bot is not in. */
const MISSING_ACCESS = refuse(403, 50_001, 'Missing Access');
const MISSING_PERMISSIONS = refuse(403, 50_013, 'Missing Permissions');
const LOCKED = refuse(400, 160_005, 'Thread is locked');
const UNKNOWN_CHANNEL = refuse(404, 10_003, 'Unknown Channel');

type Files = ReadonlyMap<string, SentFile>;
type Run = (parts: string[], call: HttpCall, context: RestContext, files: Files) => HttpAnswer;
type Route = [method: string, path: RegExp, run: Run];

const ROUTES: Route[] = [
  ['GET', /^gateway\/bot$/, (_, __, { gatewayUrl }) => ok(gatewayBot(gatewayUrl))],
  ['POST', /^interactions\/(\d+)\/([^/]+)\/callback$/, callback],
  ['PATCH', /^webhooks\/\d+\/([^/]+)\/messages\/@original$/, editOriginal],
  ['POST', /^channels\/(\d+)\/messages$/, createMessage],
  ['GET', /^channels\/(\d+)\/messages$/, listMessages],
  ['PATCH', /^channels\/(\d+)\/messages\/(\d+)$/, editMessage],
  ['DELETE', /^channels\/(\d+)\/messages\/(\d+)$/, deleteMessage],
  ['POST', /^channels\/(\d+)\/messages\/(\d+)\/threads$/, createThread],
  ['GET', /^channels\/(\d+)$/, getChannel],
  ['PATCH', /^channels\/(\d+)$/, editChannel],
  ['PUT', /^applications\/\d+\/guilds\/(\d+)\/commands$/, putCommands],
  ['GET', /^guilds\/(\d+)\/members\/([^/]+)$/, getMember],
  ['POST', /^users\/@me\/channels$/, openDirect],
];

export function rest(call: HttpCall, context: RestContext, files: Files): HttpAnswer {
  const path = decodeURIComponent(call.path.replace(/^\/api\/v10\//, ''));
  for (const [method, pattern, run] of ROUTES) {
    const match = method === call.method ? pattern.exec(path) : null;
    if (match) return run(match.slice(1), call, context, files);
  }
  return refuse(404, 0, `404: Not Found ${call.method} ${path}`);
}

function gatewayBot(url: string): Json {
  return {
    url,
    shards: 1,
    session_start_limit: { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 },
  };
}

function judged(body: Json, { violations }: RestContext, attachments: readonly DiscordAttachment[]): HttpAnswer | null {
  const problems = [...messageProblems(body), ...imageProblems(body, attachments)];
  if (problems.length === 0) return null;
  violations.push(...problems);
  return { status: 400, body: { code: 50_035, message: 'Invalid Form Body', errors: problems } };
}

export function newMessage(
  to: Pick<DiscordMessage, 'channel' | 'onlyFor' | 'thinking'> & Partial<DiscordMessage>,
  body: Json,
  { server, timeline, now }: Pick<RestContext, 'server' | 'timeline' | 'now'>,
): DiscordMessage {
  const posted = timeline.next();
  const message: DiscordMessage = {
    id: server.newId(),
    author: server.bot,
    command: null,
    ...to,
    content: '',
    embeds: [],
    components: [],
    attachments: [],
    nonce: (body.nonce as string | undefined) ?? null,
    pinged: pinged(body),
    at: now(),
    posted,
    changed: posted,
  };
  write(message, body);
  server.messages.push(message);
  return message;
}

function write(message: DiscordMessage, body: Json): void {
  if ('content' in body) message.content = String(body.content ?? '');
  if ('embeds' in body) message.embeds = body.embeds as Json[];
  if ('components' in body) message.components = body.components as Json[];
}

/** Whom a post pings: mentioned in the content, and allowed to be. */
function pinged(body: Json): string[] {
  const allowed = ((body.allowed_mentions as Json | undefined)?.users as string[] | undefined) ?? [];
  return allowed.filter((id) => String(body.content ?? '').includes(`<@${id}>`));
}

function messageJson(message: DiscordMessage, { server }: RestContext): Json {
  return {
    id: message.id,
    channel_id: message.channel,
    author: authorJson(message.author, server),
    content: message.content,
    embeds: message.embeds,
    components: message.components,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: message.attachments.map(({ bytes: _, ...rest }) => ({ ...rest, url: '', proxy_url: '' })),
    pinned: false,
    type: 0,
    flags: message.onlyFor === null ? 0 : 64,
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
  };
}

export function authorJson(id: string, server: Server): Json {
  if (id === server.bot) return { id, username: 'podwarden', discriminator: '0', avatar: null, bot: true };
  return { id, username: server.users.get(id)?.name ?? id, discriminator: '0', avatar: null };
}

function createMessage([channel = '']: string[], call: HttpCall, context: RestContext, files: Files): HttpAnswer {
  const found = context.server.channels.get(channel);
  if (!found) return UNKNOWN_CHANNEL;
  if (found.recipient === null && !context.server.guilds().includes(context.server.guildOf(channel)))
    return MISSING_ACCESS;
  const body = jsonBody(call);
  const twin = context.server.messages.find((m) => m.channel === channel && m.nonce !== null && m.nonce === body.nonce);
  if (twin && body.enforce_nonce === true) return ok(messageJson(twin, context));
  const lacking = refusedIn(found, 'post', context.server, body, files.size);
  if (lacking !== null) return lacking === 'access' ? MISSING_ACCESS : MISSING_PERMISSIONS;
  const attachments = attachmentsAfter([], body, files, () => context.server.newId());
  const refused = judged(body, context, attachments);
  if (refused) return refused;
  if (isArchived(found, context.now()) && isLockedOut(found, context.server)) return LOCKED;
  found.archived = false;
  if (found.active) found.active.at = context.now();
  const message = newMessage({ channel, onlyFor: found.recipient, thinking: false }, body, context);
  message.attachments = attachments;
  return ok(messageJson(message, context));
}

function listMessages([channel = '']: string[], call: HttpCall, context: RestContext): HttpAnswer {
  if (!context.server.channels.has(channel)) return UNKNOWN_CHANNEL;
  const all = context.server.messages.filter((m) => m.channel === channel && m.onlyFor === null);
  const newest = all.slice(-Number(call.query.get('limit') ?? 50)).reverse();
  // A nonce is not kept: only the answer to the post has it.
  return ok(newest.map((message) => ({ ...messageJson(message, context), nonce: undefined })));
}

function editMessage(
  [channel = '', id = '']: string[],
  call: HttpCall,
  context: RestContext,
  files: Files,
): HttpAnswer {
  const message = context.server.message(channel, id);
  if (!message) return UNKNOWN_MESSAGE;
  const at = context.server.channels.get(channel);
  if (at && isArchived(at, context.now())) return refuse(400, 50_083, 'Thread is archived');
  const body = jsonBody(call);
  const attachments = attachmentsAfter(message.attachments, body, files, () => context.server.newId());
  const refused = judged(body, context, attachments);
  if (refused) return refused;
  write(message, body);
  message.attachments = attachments;
  message.changed = context.timeline.next();
  return ok(messageJson(message, context));
}

function deleteMessage([channel = '', id = '']: string[], _: HttpCall, { server }: RestContext): HttpAnswer {
  const message = server.message(channel, id);
  if (!message) return UNKNOWN_MESSAGE;
  server.messages.splice(server.messages.indexOf(message), 1);
  return nothing;
}

function createThread([channel = '', id = '']: string[], call: HttpCall, context: RestContext): HttpAnswer {
  const { server } = context;
  if (!server.message(channel, id)) return UNKNOWN_MESSAGE;
  const at = server.channels.get(channel);
  if (at && refusedIn(at, 'thread', server) !== null) return MISSING_PERMISSIONS;
  if (at && at.parent !== null) return refuse(400, 50_024, 'Cannot execute action on this channel type');
  if (server.channels.has(id)) return refuse(400, 160_004, 'A thread has already been created for this message');
  const name = String(jsonBody(call).name ?? '');
  if (name === '' || name.length > 100) return refuse(400, 50_035, 'Invalid Form Body');
  // A thread that hangs on a message has the message's id.
  const active = [...server.channels.values()].filter((c) => c.parent !== null && !isArchived(c, context.now())).length;
  if (active >= MAX_ACTIVE_THREADS) return refuse(400, 160_006, 'Maximum number of active threads reached');
  const archiveMs = Number(jsonBody(call).auto_archive_duration ?? 4320) * 60_000;
  server.channels.set(id, {
    id,
    name,
    parent: channel,
    recipient: null,
    archived: false,
    active: { at: context.now(), archiveMs },
    members: null,
  });
  return { status: 201, body: { id, type: 11, name, parent_id: channel } };
}

function getChannel([channel = '']: string[], _: HttpCall, { server, now }: RestContext): HttpAnswer {
  const found = server.channels.get(channel);
  if (!found) return UNKNOWN_CHANNEL;
  if (server.away.has(server.guildOf(channel))) return refuse(503, 0, 'service unavailable');
  if (found.recipient === null && !isShown(channel, server)) return MISSING_ACCESS;
  return ok(channelJson(found, server, now()));
}

function editChannel([channel = '']: string[], call: HttpCall, { server, now }: RestContext): HttpAnswer {
  const found = server.channels.get(channel);
  if (!found) return UNKNOWN_CHANNEL;
  found.archived = jsonBody(call).archived === true;
  if (found.active && !found.archived) found.active.at = now();
  return ok({ id: channel, type: 11, name: found.name });
}

function putCommands([guild = '']: string[], call: HttpCall, { server }: RestContext): HttpAnswer {
  if (!server.guilds().includes(guild) || server.others.get(guild)?.refusesCommands) return MISSING_ACCESS;
  server.commands = jsonBody(call) as unknown as Json[];
  return ok(server.commands.map((command) => ({ ...command, id: server.newId(), application_id: server.application })));
}

export function memberJson(user: DiscordUser): Json {
  return {
    user: { id: user.id, username: user.name, global_name: user.name, discriminator: '0', avatar: null },
    nick: null,
    avatar: null,
    roles: user.roles,
    joined_at: new Date(0).toISOString(),
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: user.pending ?? false,
    communication_disabled_until: null,
    permissions: '2248473465835073',
  };
}

function getMember([guild = '', id = '']: string[], _: HttpCall, { server }: RestContext): HttpAnswer {
  if (!server.guilds().includes(guild)) return MISSING_ACCESS;
  if (!/^\d{5,20}$/.test(id)) return refuse(400, 50_035, 'Invalid Form Body');
  if (server.nobodies.has(id)) return refuse(404, 10_013, 'Unknown User');
  const user = server.users.get(id);
  return user ? ok(memberJson(user)) : refuse(404, 10_007, 'Unknown Member');
}

function openDirect(_: string[], call: HttpCall, { server }: RestContext): HttpAnswer {
  const recipient = String(jsonBody(call).recipient_id);
  const known = [...server.channels.values()].find((channel) => channel.recipient === recipient);
  const id = known?.id ?? server.newId();
  server.channels.set(id, { id, name: 'dm', parent: null, recipient, archived: false, active: null, members: null });
  return ok({ id, type: 1 });
}

function callback([id = '', token = '']: string[], call: HttpCall, context: RestContext): HttpAnswer {
  const interaction = context.server.interactions.get(token);
  if (interaction?.id !== id || Date.now() - interaction.created > FIRST_MS)
    return refuse(404, 10_062, 'Unknown interaction');
  if (interaction.answered) return refuse(400, 40_060, 'Interaction has already been acknowledged.');
  const { type, data = {} } = jsonBody(call) as { type: number; data?: Json };
  const problems = type === 9 ? modalProblems(data) : type === 4 ? messageProblems(data) : [];
  if (problems.length > 0) {
    context.violations.push(...problems);
    return { status: 400, body: { code: 50_035, message: 'Invalid Form Body', errors: problems } };
  }
  interaction.answered = true;
  respond(interaction, type, data, context);
  interaction.acknowledged();
  return nothing;
}

/** Response types: 4 message, 5 deferred message, 6 deferred update, 7 update, 8 choices, 9 modal. */
function respond(interaction: Interaction, type: number, data: Json, context: RestContext): void {
  const { server, timeline } = context;
  if (type === 8) interaction.choices = (data.choices as Json[]) ?? [];
  else if (type === 6) interaction.original = interaction.source;
  else if (type === 9) {
    const { id, user, channel, source } = interaction;
    server.modals.push({ id, user, channel, modal: data, source, opened: timeline.next() });
  } else {
    const onlyFor = (Number(data.flags ?? 0) & 64) !== 0 ? interaction.user : null;
    const { channel, user, command: name } = interaction;
    const command = name === null ? null : { user, name };
    const message = newMessage({ channel, onlyFor, thinking: type === 5, command }, data, context);
    interaction.original = message.id;
  }
}

function editOriginal([token = '']: string[], call: HttpCall, context: RestContext, files: Files): HttpAnswer {
  const interaction = context.server.interactions.get(token);
  if (!interaction || Date.now() - interaction.created > TOKEN_MS) return refuse(401, 50_027, 'Invalid Webhook Token');
  const message = context.server.messages.find((m) => m.id === interaction.original);
  if (!message) return refuse(404, 10_015, 'Unknown Webhook');
  const body = jsonBody(call);
  const attachments = attachmentsAfter(message.attachments, body, files, () => context.server.newId());
  const refused = judged(body, context, attachments);
  if (refused) return refused;
  write(message, body);
  message.attachments = attachments;
  const at = context.timeline.next();
  if (message.thinking) message.posted = at;
  message.thinking = false;
  message.changed = at;
  return ok(messageJson(message, context));
}
