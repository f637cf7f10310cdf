import { z } from 'zod';
import { type Choice, NOTIFY_LEVELS } from '../../policy/choices.ts';
import { chatOf } from '../../policy/identity.ts';
import { ownerKey } from '../../policy/pod-names.ts';
import { card, fields, type Message } from '../message/message.ts';
import { defineCommand, oneOf } from './declare.ts';
import { UsageError } from './parse.ts';

const QUIET = /^(\d{1,2})\s*(?:-|to)\s*(\d{1,2})$/;

export const notify = defineCommand({
  name: 'notify',
  summary: 'Which warnings mention you, where, and when',
  args: z.strictObject({
    level: oneOf(NOTIFY_LEVELS).optional().describe('all, urgent, critical or none'),
    where: oneOf(['here', 'everywhere']).optional().describe('Mention me only in this chat, or in all'),
    quiet: z.string().trim().max(20).optional().describe('My quiet hours, such as 22-7; off, or team'),
    timezone: z.string().trim().max(60).optional().describe('Such as Europe/Berlin; or team'),
    direct: oneOf(['yes', 'no']).optional().describe('A direct message beside the mention'),
  }),
  positional: ['level'],
  access: null,
  outsideRooms: false,
  examples: [
    'notify',
    'notify urgent',
    'notify all where=here quiet=22-7',
    'notify direct=yes timezone=Asia/Kathmandu',
  ],
  suggest: { level: async () => NOTIFY_LEVELS.map((value) => ({ name: value, value })) },
  async run(args, asker, services) {
    const key = ownerKey(asker.who) ?? asker.who.account;
    const before = await services.choices.of(key);
    const next: Choice = {
      level: args.level ?? before.level,
      chat: args.where === undefined ? before.chat : args.where === 'here' ? chatOf(asker.who.account) : null,
      direct: args.direct === undefined ? before.direct : args.direct === 'yes',
      quiet: args.quiet === undefined ? before.quiet : quietOf(args.quiet),
      timezone: args.timezone === undefined ? before.timezone : zoneOf(args.timezone),
    };
    const changed = JSON.stringify(next) !== JSON.stringify(before);
    if (changed) await services.choices.set(key, next);
    return shown(next, changed);
  },
});

function quietOf(text: string): Choice['quiet'] {
  if (text.toLowerCase() === 'team') return null;
  if (text.toLowerCase() === 'off') return { from: 0, to: 0 };
  const [, from = '', to = ''] = QUIET.exec(text) ?? [];
  const hours = { from: Number(from), to: Number(to) };
  const known = from !== '' && hours.from <= 23 && hours.to <= 23;
  if (!known)
    throw new UsageError('quiet is two hours from the evening to the morning, such as 22-7; or off, or team.');
  if (hours.from !== 0 && hours.from < hours.to)
    throw new UsageError('quiet runs from the evening to the morning, such as 22-7.');
  return hours;
}

function zoneOf(text: string): string | null {
  if (text.toLowerCase() === 'team') return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new UsageError('timezone is one such as Europe/Berlin; or team.');
  }
}

const LEVELS: Record<Choice['level'], string> = {
  all: 'every warning about your pods',
  urgent: 'what cannot wait for the morning',
  critical: 'only what may lose data or is far out of line',
  none: 'nothing; cards are posted all the same',
};

function shown(choice: Choice, changed: boolean): Message {
  const quiet =
    choice.quiet === null
      ? 'the team’s'
      : choice.quiet.from === choice.quiet.to
        ? 'none'
        : `${choice.quiet.from} to ${choice.quiet.to} o’clock`;
  return card(changed ? 'Changed' : 'What mentions you', changed ? 'good' : 'info', [
    fields(
      ['Level', `${choice.level}: ${LEVELS[choice.level]}`],
      ['Where', choice.chat === null ? 'every chat of the room' : `only ${choice.chat}`],
      ['Quiet hours', quiet],
      ['Timezone', choice.timezone ?? 'the room’s, or the policy file’s'],
      ['Direct message', choice.direct ? 'yes' : 'no'],
    ),
  ]);
}
