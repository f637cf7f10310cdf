import type { BlockAction, ButtonAction, SlashCommand } from '@slack/bolt';
import type { IncomingClick, IncomingCommand } from '../front.ts';

/** A private answer on Slack: an address for one interaction. */
export interface SlackReply {
  url: string;
  /** The click came from a private message of ours, which the answer takes the place of. */
  replace: boolean;
  threadTs: string | null;
}

export function commandFrom(body: SlashCommand): IncomingCommand {
  const reply: SlackReply = { url: body.response_url, replace: false, threadTs: null };
  return {
    eventId: body.trigger_id,
    account: `slack:${body.team_id}/${body.user_id}`,
    name: body.user_name,
    place: { chat: 'slack', channel: body.channel_id },
    reply,
    input: { kind: 'text', text: body.text },
  };
}

/** Null for what is no button of ours in a message. `keeps`: whether the answer leaves a private message as it is. */
export function clickFrom(body: BlockAction, keeps: (token: string) => boolean): IncomingClick | null {
  const [action] = body.actions;
  const team = body.team?.id ?? body.user.team_id;
  if (action?.type !== 'button' || !body.channel || !body.response_url || !team) return null;
  const container = body.container as { is_ephemeral?: boolean; thread_ts?: string };
  const reply: SlackReply = {
    url: body.response_url,
    replace: (container.is_ephemeral ?? false) && !keeps((action as ButtonAction).action_id),
    threadTs: container.thread_ts ?? null,
  };
  return {
    eventId: body.trigger_id,
    account: `slack:${team}/${body.user.id}`,
    name: body.user.name ?? body.user.id,
    place: { chat: 'slack', channel: body.channel.id },
    reply,
    token: (action as ButtonAction).action_id,
  };
}
