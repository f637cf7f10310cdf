import {
  type APIApplicationCommandInteractionDataOption,
  type APIInteraction,
  type APIMessage,
  type APIMessageComponentInteraction,
  ApplicationCommandOptionType,
  ComponentType,
  InteractionType,
  MessageFlags,
} from 'discord.js';
import type { IncomingBase, IncomingClick, IncomingCommand, IncomingSubmit, IncomingSuggest } from '../front.ts';
import { answersFrom } from './modal.ts';

/** An answer on Discord: to an interaction by its own token, good for 15 minutes, or beside a mention, which brings none. */
export type DiscordReply = { application: string; token: string } | { channel: string; beside: string };

export type Incoming =
  | { kind: 'command'; incoming: IncomingCommand }
  /** `replaces`: the click came from a private message of ours, which the answer takes the place of. */
  | { kind: 'click'; incoming: IncomingClick; replaces: boolean }
  | { kind: 'submit'; incoming: IncomingSubmit }
  | { kind: 'suggest'; incoming: IncomingSuggest };

export function mentionFrom({ id, author, channel_id }: APIMessage): IncomingBase {
  return {
    eventId: id,
    account: `discord:${author.id}`,
    name: author.global_name ?? author.username,
    place: { chat: 'discord', channel: channel_id },
    reply: { channel: channel_id, beside: id } satisfies DiscordReply,
  };
}

type Where = NonNullable<APIInteraction['channel']>;

export const isThread = (
  channel: APIInteraction['channel'],
): channel is Extract<Where, { thread_metadata?: unknown }> => channel !== undefined && 'thread_metadata' in channel;

/** Null for what is none of ours, or comes from outside a server. `rooms` are their channels. */
export function incomingFrom(d: APIInteraction, rooms: readonly string[]): Incoming | null {
  const user = d.member?.user ?? d.user;
  const channel = d.channel;
  if (!user || !channel) return null;
  // In a direct message only buttons work, and the forms that they open: commands belong to the server.
  if (!d.guild_id && d.type !== InteractionType.MessageComponent && d.type !== InteractionType.ModalSubmit) return null;
  const account = `discord:${user.id}`;
  // In a thread that is no room itself, the room is that of the channel it hangs on.
  const home = isThread(channel) && !rooms.includes(channel.id) ? channel.parent_id : channel.id;
  const place = { chat: 'discord', channel: home ?? channel.id };
  const reply: DiscordReply = { application: d.application_id, token: d.token };
  const base = { eventId: d.id, account, name: d.member?.nick ?? user.global_name ?? user.username, place, reply };
  if (d.type === InteractionType.ApplicationCommand && 'options' in d.data) {
    const { path, options } = flatten(d.data.options as APIApplicationCommandInteractionDataOption[]);
    const values = Object.fromEntries(options.map((o) => [o.name, 'value' in o ? o.value : undefined]));
    return { kind: 'command', incoming: { ...base, input: { kind: 'options', command: path, values } } };
  }
  if (d.type === InteractionType.ApplicationCommandAutocomplete) {
    const { path, options } = flatten(d.data.options as APIApplicationCommandInteractionDataOption[]);
    const focused = options.find((o) => 'focused' in o && o.focused);
    const text = focused && 'value' in focused ? String(focused.value) : '';
    return { kind: 'suggest', incoming: { account, place, command: path, option: focused?.name ?? '', text } };
  }
  if (d.type === InteractionType.MessageComponent && d.data.component_type === ComponentType.Button) {
    const replaces = ((d.message.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    return { kind: 'click', incoming: { ...base, token: d.data.custom_id, label: labelOf(d) }, replaces };
  }
  if (d.type === InteractionType.ModalSubmit) {
    return { kind: 'submit', incoming: { ...base, token: d.data.custom_id, answers: answersFrom(d), kept: null } };
  }
  return null;
}

/** The label of the button that was pressed, from the message that it stands on. */
function labelOf({ data, message }: APIMessageComponentInteraction): string | null {
  for (const row of message.components ?? []) {
    for (const part of row.type === ComponentType.ActionRow ? row.components : []) {
      if (part.type !== ComponentType.Button || !('custom_id' in part)) continue;
      if (part.custom_id === data.custom_id) return part.label ?? null;
    }
  }
  return null;
}

type Option = APIApplicationCommandInteractionDataOption;

function flatten(options: Option[]): { path: string; options: Option[] } {
  const [first] = options;
  if (first?.type === ApplicationCommandOptionType.Subcommand) {
    return { path: first.name, options: (first.options ?? []) as Option[] };
  }
  return { path: 'help', options };
}
