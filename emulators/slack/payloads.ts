import type { SeenForm } from '../chat.ts';
import type { Json, SlackChannel, SlackMessage, SlackUser, SlackView, Workspace } from './state.ts';

/** Where an interaction is answered: its trigger and its response_url. */
export type Answering = { trigger_id: string; response_url: string };

const teamOf = (user: SlackUser, { team }: Workspace) => (user.stranger ? 'T0ELSEWHERE' : team);
/** Where somebody of a company with several workspaces is at home. */
const homeOf = (user: SlackUser, workspace: Workspace) => user.home ?? teamOf(user, workspace);

export function commandPayload(
  workspace: Workspace,
  user: SlackUser,
  channel: SlackChannel,
  text: string,
  answering: Answering,
): Json {
  return {
    token: 'verification',
    team_id: teamOf(user, workspace),
    team_domain: 'podwarden',
    channel_id: channel.id,
    channel_name: channel.name,
    user_id: user.id,
    user_name: user.name,
    command: '/pod',
    text,
    api_app_id: workspace.bot.app,
    is_enterprise_install: 'false',
    ...answering,
  };
}

export function clickPayload(
  workspace: Workspace,
  user: SlackUser,
  message: SlackMessage,
  element: Json,
  answering: Answering,
): Json {
  const ephemeral = message.onlyFor !== null && workspace.channels.has(message.channel);
  return {
    type: 'block_actions',
    user: { id: user.id, username: user.name, name: user.name, team_id: homeOf(user, workspace) },
    api_app_id: workspace.bot.app,
    token: 'verification',
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
      ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
    },
    team: { id: teamOf(user, workspace), domain: 'podwarden' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: message.channel, name: workspace.channels.get(message.channel)?.name ?? 'directmessage' },
    // A click on an ephemeral message carries no message.
    ...(ephemeral ? {} : { message: { type: 'message', ts: message.ts, text: message.text, blocks: message.blocks } }),
    state: { values: {} },
    actions: [{ ...element, block_id: 'b', action_ts: workspace.newTs() }],
    ...answering,
  };
}

export function submissionPayload(workspace: Workspace, user: SlackUser, open: SlackView, form: SeenForm): Json {
  const values = Object.fromEntries(form.fields.map((field) => [field.id, { value: stateOf(field) }]));
  return {
    type: 'view_submission',
    team: { id: workspace.team, domain: 'podwarden' },
    user: { id: user.id, username: user.name, name: user.name, team_id: workspace.team },
    api_app_id: workspace.bot.app,
    token: 'verification',
    trigger_id: workspace.newId('trigger-'),
    view: { ...open.view, id: open.id, team_id: workspace.team, state: { values }, hash: open.id },
    response_urls: [],
    is_enterprise_install: false,
    enterprise: null,
  };
}

/** A message that names the bot, as the Events API tells it. */
export function mentionPayload(workspace: Workspace, user: SlackUser, message: SlackMessage): Json {
  const { team, bot } = workspace;
  const event = {
    type: 'app_mention',
    user: user.id,
    text: message.text,
    ts: message.ts,
    channel: message.channel,
    team: homeOf(user, workspace),
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
  };
  return {
    token: 'verification',
    type: 'event_callback',
    team_id: team,
    api_app_id: bot.app,
    event_id: workspace.newId('Ev'),
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [{ enterprise_id: null, team_id: team, user_id: bot.user, is_bot: true }],
    event,
  };
}

export function elementOf(message: SlackMessage, id: string): Json | undefined {
  const elements = message.blocks.flatMap((block) => (block.type === 'actions' ? (block.elements as Json[]) : []));
  return elements.find((element) => element.action_id === id);
}

function stateOf(field: SeenForm['fields'][number]): Json {
  if (field.kind === 'text') return { type: 'plain_text_input', value: field.value[0] ?? null };
  const options = field.value.map((value) => ({ value }));
  if (field.kind === 'choices') return { type: 'multi_static_select', selected_options: options };
  return { type: 'static_select', selected_option: options[0] ?? null };
}
