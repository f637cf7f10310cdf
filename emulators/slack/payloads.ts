import type { SeenForm } from '../chat.ts';
import type { Json, SlackMessage, SlackUser, Workspace } from './state.ts';

/** A message that names the bot, as the Events API tells it. */
export function mentionPayload(
  workspace: Workspace,
  user: SlackUser,
  channel: string,
  text: string,
  thread: string | undefined,
): Json {
  const { team, bot } = workspace;
  const event = {
    type: 'app_mention',
    user: user.id,
    text: `<@${bot.user}> ${text}`,
    ts: workspace.newTs(),
    channel,
    team: user.stranger ? 'T0ELSEWHERE' : team,
    ...(thread === undefined ? {} : { thread_ts: thread }),
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

export function stateOf(field: SeenForm['fields'][number]): Json {
  if (field.kind === 'text') return { type: 'plain_text_input', value: field.value[0] ?? null };
  const options = field.value.map((value) => ({ value }));
  if (field.kind === 'choices') return { type: 'multi_static_select', selected_options: options };
  return { type: 'static_select', selected_option: options[0] ?? null };
}
