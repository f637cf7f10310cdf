import { z } from 'zod';
import { RIGHTS } from '../../policy/access.ts';
import { approverRefusal } from '../../policy/approvers.ts';
import { bold, card, code, fields, type Message, note, text } from '../message/message.ts';
import { type Command, defineCommand, optionsOf, usageOf } from './declare.ts';
import { nearest } from './parse.ts';

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'What you are to Podwarden, and why',
  args: z.strictObject({}),
  positional: [],
  access: null,
  outsideRooms: true,
  examples: ['whoami'],
  async run(_, asker, { policy }) {
    // As a deciding click does it: what this shows of approving is what that would be judged by.
    const now = await asker.live('approve');
    const unable = approverRefusal(now, policy.approvals.guests);
    const rights = RIGHTS.map((right) => {
      const holds = right === 'approve' ? unable === null : now.access.may.has(right);
      const why = now.access.why.get(right) ?? 'no rule';
      return `${right}: ${holds ? 'yes' : 'no'}, ${right === 'approve' && unable?.kind === 'membership' ? unable.text : why}`;
    });
    return card(`You are ${asker.who.name}`, now.unread === null ? 'info' : 'warn', [
      fields(
        ['Account', code(now.account)],
        ['Person', now.person ?? 'nobody declared under people'],
        ['Membership', now.membership],
        ['Room', asker.room ?? 'none here'],
      ),
      ...(now.unread === null ? [] : [text(now.unread)]),
      text(rights.join('\n')),
    ]);
  },
});

/** Made from the list itself, so that help never names what is not there. */
export function helpFor(commands: () => readonly Command[]) {
  return defineCommand({
    name: 'help',
    summary: 'What there is, or one command in detail',
    args: z.strictObject({
      command: z.string().trim().max(100, { error: 'is too long' }).optional().describe('A command, such as launch'),
    }),
    positional: ['command'],
    access: null,
    outsideRooms: true,
    examples: ['help', 'help launch'],
    async run({ command: wanted }) {
      const all = commands();
      if (wanted === undefined || wanted === '') return overview(all);
      const found = all.find(({ name }) => name === wanted.toLowerCase());
      if (found) return detail(found);
      const near = nearest(
        wanted,
        all.map(({ name }) => name),
      );
      return note('warn', `There is no /pod ${wanted.slice(0, 40)}.${near ? ` Did you mean /pod ${near}?` : ''}`);
    },
  });
}

function overview(commands: readonly Command[]): Message {
  const lines = commands.flatMap((command, i) => [
    i === 0 ? '' : '\n',
    code(`/pod ${command.name}`),
    ` ${command.summary}`,
  ]);
  return card('Podwarden', 'info', [
    text(...lines),
    text(
      'In a thread, use the buttons, or name the bot: ',
      code('@podwarden stop run7'),
      '. ',
      code('/pod help launch'),
      ' shows one command.',
    ),
  ]);
}

function detail(command: Command): Message {
  const options = optionsOf(command).flatMap((option, i) => [
    i === 0 ? '' : '\n',
    bold(option.name),
    ` ${option.description}`,
  ]);
  const examples = command.examples.flatMap((example, i) => [i === 0 ? '' : '\n', code(`/pod ${example}`)]);
  return card(`/pod ${command.name}`, 'info', [
    text(command.summary),
    text(code(usageOf(command))),
    ...(options.length > 0 ? [text(...options)] : []),
    text(...examples),
  ]);
}
