import { FILE_METHODS, fileProblems } from './files.ts';
import { messageProblems, viewProblems } from './rules.ts';
import { type ApiContext, addMessage, type Json, type SlackMessage, type SlackUser } from './state.ts';

type Params = Record<string, string>;
type Method = (params: Params, context: ApiContext) => Json;

const fail = (error: string, messages: string[] = []): Json => ({
  ok: false,
  error,
  ...(messages.length > 0
    ? { errors: messages, response_metadata: { messages: messages.map((m) => `[ERROR] ${m}`) } }
    : {}),
});

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

/** The form fields of a call, as Bolt's client writes them: arrays and objects are JSON in one field. */
function body(params: Params): { text: string; blocks: Json[]; metadata: Json | null } {
  return {
    text: params.text ?? '',
    blocks: (parsed(params.blocks) as Json[] | undefined) ?? [],
    metadata: (parsed(params.metadata) as Json | undefined) ?? null,
  };
}

/** Refuses what Slack would, and remembers that it had to. */
function judged(text: string, blocks: Json[], context: ApiContext): Json | null {
  const problems = messageProblems(text, blocks);
  context.violations.push(...problems);
  // Not the sender's fault: it cannot know when processing ends.
  const files = fileProblems(blocks, context);
  if (problems.length + files.length === 0) return null;
  return fail('invalid_blocks', [...problems, ...files]);
}

function messageJson(message: SlackMessage, { workspace }: ApiContext): Json {
  return {
    type: 'message',
    ts: message.ts,
    text: message.text,
    user: message.author,
    ...(message.author === workspace.bot.user ? { bot_id: workspace.bot.id, app_id: workspace.bot.app } : {}),
    team: workspace.team,
    blocks: message.blocks,
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
    ...(message.metadata === null ? {} : { metadata: message.metadata }),
  };
}

/** The conversation with a person is kept under the person. */
const channelOf = (named = ''): string => named.replace(/^D(?=U)/, '');

const postMessage: Method = (params, context) => {
  const { workspace } = context;
  const channel = channelOf(params.channel);
  const isPerson = workspace.users.has(channel);
  const known = workspace.channels.get(channel);
  if (!known && !isPerson) return fail('channel_not_found');
  if (known?.isArchived) return fail('is_archived');
  if (known && !known.members.has(workspace.bot.user)) return fail('not_in_channel');
  const said = body(params);
  const refused = judged(said.text, said.blocks, context);
  if (refused) return refused;
  const onlyFor = isPerson ? channel : null;
  const message = addMessage({ channel, threadTs: params.thread_ts ?? null, onlyFor, ...said }, context);
  // A person is answered with the conversation that one has with them.
  const conversation = isPerson ? `D${channel}` : channel;
  return { ok: true, channel: conversation, ts: message.ts, message: messageJson(message, context) };
};

/** Reaches only somebody who is in the channel. */
const postEphemeral: Method = (params, context) => {
  const { workspace } = context;
  const { channel = '', user = '' } = params;
  const known = workspace.channels.get(channel);
  if (!known) return fail('channel_not_found');
  if (!known.members.has(workspace.bot.user)) return fail('not_in_channel');
  if (!known.members.has(user)) return fail('user_not_in_channel');
  const said = body(params);
  const refused = judged(said.text, said.blocks, context);
  if (refused) return refused;
  const message = addMessage({ channel, threadTs: params.thread_ts ?? null, onlyFor: user, ...said }, context);
  return { ok: true, message_ts: message.ts };
};

const update: Method = (params, context) => {
  const message = context.workspace.find(channelOf(params.channel), params.ts ?? '');
  // An ephemeral message cannot be updated by its time.
  if (!message || (message.onlyFor !== null && context.workspace.channels.has(message.channel)))
    return fail('message_not_found');
  const said = body(params);
  const refused = judged(said.text, said.blocks, context);
  if (refused) return refused;
  Object.assign(message, { text: said.text, blocks: said.blocks, changed: context.timeline.next() });
  if (said.metadata !== null) message.metadata = said.metadata;
  return {
    ok: true,
    channel: message.channel,
    ts: message.ts,
    text: message.text,
    message: messageJson(message, context),
  };
};

/** Under a message that is gone its thread stays. */
const remove: Method = (params, { workspace }) => {
  const message = workspace.find(channelOf(params.channel), params.ts ?? '');
  if (!message) return fail('message_not_found');
  if (message.author !== workspace.bot.user) return fail('cant_delete_message');
  workspace.messages.splice(workspace.messages.indexOf(message), 1);
  return { ok: true, channel: message.channel, ts: message.ts };
};

const history: Method = (params, context) => {
  const limit = Number(params.limit ?? 100);
  const all = context.workspace.messages.filter(
    (m) => m.channel === params.channel && m.onlyFor === null && m.threadTs === null,
  );
  const newest = all.slice(-limit).reverse();
  return { ok: true, messages: newest.map((m) => withMetadata(m, params, context)), has_more: all.length > limit };
};

const replies: Method = (params, context) => {
  const thread = context.workspace.messages.filter(
    (m) => m.channel === params.channel && m.onlyFor === null && (m.ts === params.ts || m.threadTs === params.ts),
  );
  if (thread.length === 0) return fail('thread_not_found');
  return { ok: true, messages: thread.map((m) => withMetadata(m, params, context)), has_more: false };
};

function withMetadata(message: SlackMessage, params: Params, context: ApiContext): Json {
  const { metadata, ...rest } = messageJson(message, context);
  return params.include_all_metadata === 'true' ? { ...rest, metadata } : rest;
}

function userJson(user: SlackUser, team: string): Json {
  const home = user.home === undefined ? (user.stranger ? 'T0ELSEWHERE' : team) : user.home;
  const { teams } = user;
  return {
    id: user.id,
    ...(home === null ? {} : { team_id: home }),
    ...(teams
      ? { enterprise_user: { id: user.id, enterprise_id: 'E0PODW', enterprise_name: 'Podwarden', teams } }
      : {}),
    name: user.name,
    deleted: user.deleted ?? false,
    is_bot: false,
    is_restricted: user.guest ?? false,
    is_ultra_restricted: false,
    is_stranger: user.stranger ?? false,
    profile: { display_name: user.name, real_name: user.name },
  };
}

const usersInfo: Method = ({ user = '' }, { workspace }) => {
  const found = workspace.users.get(user);
  return found ? { ok: true, user: userJson(found, workspace.team) } : fail('user_not_found');
};

const usersList: Method = ({ limit = '200', cursor = '' }, { workspace }) => {
  const all = [...workspace.users.values()];
  const from = cursor === '' ? 0 : Number(cursor);
  const next = from + Number(limit);
  const members = all.slice(from, next).map((user) => userJson(user, workspace.team));
  return { ok: true, members, response_metadata: { next_cursor: next < all.length ? String(next) : '' } };
};

const viewsOpen: Method = (params, context) => {
  const { workspace, timeline } = context;
  const trigger = workspace.triggers.get(params.trigger_id ?? '');
  if (!trigger) return fail('exchanged_trigger_id');
  workspace.triggers.delete(params.trigger_id ?? '');
  if (trigger.expires < Date.now()) return fail('expired_trigger_id');
  const view = parsed(params.view) as Json;
  const problems = viewProblems(view);
  if (problems.length > 0) {
    context.violations.push(...problems);
    return fail('invalid_arguments', problems);
  }
  const id = workspace.newId('V');
  const opened = timeline.next();
  workspace.opened.push(view);
  workspace.views.push({ id, user: trigger.user, view, opened, changed: opened, errors: {}, typed: {} });
  return { ok: true, view: { ...view, id, team_id: workspace.team, state: { values: {} }, hash: id } };
};

const conversationsInfo: Method = ({ channel = '' }, { workspace }) => {
  const found = workspace.channels.get(channel);
  if (!found) return fail('channel_not_found');
  const { id, name, members, isArchived = false } = found;
  // Nobody is a member of an archived channel.
  const is_member = !isArchived && members.has(workspace.bot.user);
  return { ok: true, channel: { id, name, is_member, is_archived: isArchived } };
};

const authTest: Method = (_, { workspace }) => ({
  ok: true,
  url: 'https://podwarden.invalid/',
  team: 'Podwarden',
  user: 'podwarden',
  team_id: workspace.team,
  user_id: workspace.bot.user,
  bot_id: workspace.bot.id,
  is_enterprise_install: false,
});

const groupUsers: Method = ({ usergroup = '' }, { workspace }) => {
  const group = workspace.groups.get(usergroup);
  return group ? { ok: true, users: group.users } : fail('no_such_subteam');
};

const usergroups: Method = (_, { workspace }) => ({
  ok: true,
  usergroups: [...workspace.groups].map(([id, group]) => ({ id, ...group })),
});

export const METHODS: Record<string, Method> = {
  ...FILE_METHODS,
  'auth.test': authTest,
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.delete': remove,
  'chat.update': update,
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.info': conversationsInfo,
  'users.info': usersInfo,
  'users.list': usersList,
  'usergroups.list': usergroups,
  'usergroups.users.list': groupUsers,
  'views.open': viewsOpen,
};

/** A private answer, or the replacement of the message that the interaction came from. */
export function respond(id: string, answer: Json, context: ApiContext): { status: number; body: Json } {
  const { workspace, timeline } = context;
  const target = workspace.responses.get(id);
  if (!target || target.expires < Date.now()) return { status: 404, body: fail('expired_url') };
  target.uses += 1;
  if (target.uses > 5) return { status: 404, body: fail('used_url') };
  const text = String(answer.text ?? '');
  const blocks = (answer.blocks as Json[] | undefined) ?? [];
  const refused = judged(text, blocks, context);
  if (refused) return { status: 400, body: refused };
  const source =
    answer.replace_original === true && target.source ? workspace.find(target.channel, target.source) : undefined;
  if (source) Object.assign(source, { text, blocks, changed: timeline.next() });
  else {
    const onlyFor = answer.response_type === 'in_channel' ? null : target.user;
    const threadTs = (answer.thread_ts as string | undefined) ?? null;
    addMessage({ channel: target.channel, threadTs, onlyFor, text, blocks }, context);
  }
  return { status: 200, body: { ok: true } };
}
