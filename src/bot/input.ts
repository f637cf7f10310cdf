import type { Command } from './commands/declare.ts';
import { COMMANDS } from './commands/list.ts';
import { parseOptions, parseText, splitCommand } from './commands/parse.ts';
import type { IncomingCommand } from './front.ts';
import type { Answers } from './message/form.ts';
import { type Message, note } from './message/message.ts';
import { maskSecrets } from './secrets.ts';

type Input = IncomingCommand['input'];

/** Before anything parses, logs or stores it. */
export function masked(input: Input): { input: Input; secret: string | null } {
  if (input.kind === 'text') {
    const { text: clean, found } = maskSecrets(input.text);
    return { input: { kind: 'text', text: clean }, secret: found };
  }
  let secret: string | null = null;
  const values = Object.fromEntries(
    Object.entries(input.values).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value];
      const { text: clean, found } = maskSecrets(value);
      secret ??= found;
      return [name, clean];
    }),
  );
  return { input: { ...input, values }, secret };
}

/** Keys are pasted into forms too. */
export function maskedAnswers(answers: Answers): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(answers).map(([name, values]) => [name, values.map((value) => maskSecrets(value).text)]),
  );
}

export function keyWarning(issuer: string): Message {
  return note(
    'bad',
    `That looked like ${keyName(issuer)}, so nothing was done and it was not stored. Others may have seen it, and the chat keeps it: rotate that key now.`,
  );
}

function keyName(issuer: string): string {
  if (issuer === 'unknown') return 'a key';
  if (issuer === 'password') return 'a password';
  return `${/^[aeion]/i.test(issuer) ? 'an' : 'a'} ${issuer} key`;
}

/** Which command is meant, whatever follows it. Null for none of ours. */
export function commandOf(input: Input): Command | null {
  const word = input.kind === 'text' ? /^\s*(\S+)/.exec(input.text)?.[1] : input.command;
  return COMMANDS.find(({ name }) => name === word?.toLowerCase()) ?? null;
}

/** @throws UsageError */
export function parse(input: Input): { command: Command; args: Record<string, unknown> } {
  if (input.kind === 'text') {
    const { command, rest } = splitCommand(input.text, COMMANDS);
    return { command, args: parseText(command, rest) };
  }
  const { command } = splitCommand(input.command, COMMANDS);
  return { command, args: parseOptions(command, input.values) };
}
