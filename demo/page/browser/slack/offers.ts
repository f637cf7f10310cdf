import type { Json } from '../../protocol.ts';
import type { Offer } from '../parts/composer.tsx';
import { BOT } from './team.ts';

interface Named {
  name: string;
  description: string;
  required?: boolean;
  options?: Named[];
}

/** What is offered while somebody types. Slack itself knows only `/pod` and its hint; what follows is this page's help. */
export function offersFor(text: string, commands: readonly Json[]): Offer[] {
  const [command] = commands as unknown as Named[];
  const mention = /(^|\s)@(\w*)$/.exec(text);
  if (mention) return mentionOffers(text.slice(0, text.length - (mention[2]?.length ?? 0) - 1), mention[2] ?? '');
  if (!command || !text.startsWith('/')) return [];
  const slash = `/${command.name}`;
  if (slash.startsWith(text)) return [commandOffer(slash, command)];
  const [, word = '', rest] = /^\/\w+ +(\S*)( [\s\S]*)?$/.exec(text) ?? [];
  if (!text.startsWith(`${slash} `)) return [];
  const subcommands = command.options ?? [];
  if (rest === undefined) return subcommands.filter(({ name }) => name.startsWith(word)).map(subcommandOffer(slash));
  return optionOffers(text, subcommands.find(({ name }) => name === word)?.options ?? []);
}

function mentionOffers(before: string, typed: string): Offer[] {
  if (!BOT.toLowerCase().startsWith(typed.toLowerCase())) return [];
  return [{ text: `${before}@${BOT} `, label: `@${BOT}`, about: 'App' }];
}

const commandOffer = (slash: string, { description, options = [] }: Named): Offer => ({
  text: `${slash} `,
  label: slash,
  about: `${description}: ${options.map(({ name }) => name).join(' | ')}`,
});

const subcommandOffer =
  (slash: string) =>
  ({ name, description }: Named): Offer => ({
    text: `${slash} ${name} `,
    label: `${slash} ${name}`,
    about: description,
  });

function optionOffers(text: string, options: readonly Named[]): Offer[] {
  const [word = ''] = /\S*$/.exec(text) ?? [];
  if (word.includes('=')) return [];
  const before = text.slice(0, text.length - word.length);
  return options
    .filter(({ name }) => name.startsWith(word) && !before.includes(` ${name}=`))
    .map(({ name, description, required }) => ({
      text: `${before}${name}=`,
      label: `${name}=`,
      about: required ? `${description} (required)` : description,
    }));
}
