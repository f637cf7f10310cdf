import type { BlockAction, ButtonAction, SlashCommand, ViewSubmitAction } from '@slack/bolt';
import type { IncomingClick, IncomingCommand, IncomingSubmit } from '../front.ts';
import { answersFrom } from './modal.ts';

/** A private answer on Slack: to the address of one interaction, or beside a mention, which brings none. */
export type SlackReply =
  | {
      url: string;
      /** The click came from a private message of ours, which the answer takes the place of. */
      replace: boolean;
      threadTs: string | null;
      user: string;
    }
  | { channel: string; user: string; threadTs: string | null };

export interface MentionEvent {
  user?: string | undefined;
  text: string;
  ts: string;
  channel: string;
  thread_ts?: string | undefined;
  team?: string | undefined;
  bot_id?: string | undefined;
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** `@podwarden stop run7`, the way to type in a thread, where Slack has no slash commands. Null for a bot's words. */
export function mentionFrom(event: MentionEvent, eventId: string, team: string): IncomingCommand | null {
  if (event.user === undefined || event.bot_id !== undefined) return null;
  const said = event.text.replace(/^\s*<@[A-Z0-9]+(\|[^>]*)?>\s*/, '').replace(/^\/?pod\s+/i, '');
  return {
    eventId,
    account: `slack:${event.team ?? team}/${event.user}`,
    name: event.user,
    place: { chat: 'slack', channel: event.channel },
    reply: { channel: event.channel, user: event.user, threadTs: event.thread_ts ?? null } satisfies SlackReply,
    input: { kind: 'text', text: said.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity) },
  };
}

export function commandFrom(body: SlashCommand): IncomingCommand {
  const reply: SlackReply = { url: body.response_url, replace: false, threadTs: null, user: body.user_id };
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
    user: body.user.id,
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
    label: (action as ButtonAction).text.text,
  };
}

/** What Slack keeps with an open form. */
export interface FormMetadata {
  kept: string;
  channel: string;
}

export function submitFrom({ view, user, team }: ViewSubmitAction): IncomingSubmit {
  const { kept, channel } = JSON.parse(view.private_metadata) as FormMetadata;
  return {
    // A form is sent once: a redelivery has the same view and the same content.
    eventId: `${view.id} ${view.hash}`,
    account: `slack:${team?.id ?? user.team_id}/${user.id}`,
    name: user.name,
    place: { chat: 'slack', channel },
    token: view.callback_id,
    answers: answersFrom(view.state.values),
    reply: null,
    kept,
  };
}
