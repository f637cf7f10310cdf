import type { Person } from '../../protocol.ts';
import { askSuggestions } from '../act.ts';
import type { Offer } from '../parts/composer.tsx';
import { type OptionSpec, type Place, quoted, type SubcommandSpec } from './typed.ts';

export function subcommandOffers(text: string, subcommands: SubcommandSpec[]): Offer[] {
  const typed = text.toLowerCase().replace(/\s+/g, ' ');
  return subcommands
    .filter(({ name }) => `/pod ${name}`.startsWith(typed) || name.startsWith(typed.slice(1)))
    .map(({ name, description }) => ({ text: `/pod ${name} `, label: `/pod ${name}`, about: description }));
}

/** Values of the option that the text has come to, then the names of those that are left. */
export async function optionOffers(place: Place, person: Person, channel: string): Promise<Offer[]> {
  const { option, named, before, piece, left } = place;
  const values = option?.autocomplete ? await valueOffers(place, option, person, channel) : [];
  const names = left
    .filter(({ name }) => !named && name.startsWith(piece))
    .map((spec) => ({ text: `${before}${spec.name}=`, label: `${spec.name}=`, about: aboutOption(spec) }));
  return [...values, ...names];
}

async function valueOffers(place: Place, option: OptionSpec, person: Person, channel: string): Promise<Offer[]> {
  const { subcommand, partial, before, named } = place;
  const asked = { person, channel, subcommand: subcommand.name, option: option.name, typed: partial };
  const answer = await askSuggestions(asked);
  if (!answer.ok) return [];
  return answer.value.map(({ name, value }) => ({
    text: `${before}${named ? `${option.name}=` : ''}${quoted(value)} `,
    label: name,
    about: option.name,
  }));
}

const aboutOption = ({ description, required }: OptionSpec) => (required ? `${description} (required)` : description);

export const optionHint = (option: OptionSpec) =>
  `${option.name}${option.required ? ' *' : ''}: ${aboutOption(option)}`;

const BOT = '@Podwarden';

/** Offered while the last word is the beginning of the bot's name. */
export function mentionOffers(text: string): Offer[] {
  const match = /(^|\s)(@\w*)$/.exec(text);
  const typed = match?.[2];
  if (typed === undefined || !BOT.toLowerCase().startsWith(typed.toLowerCase())) return [];
  return [{ text: `${text.slice(0, text.length - typed.length)}${BOT} `, label: BOT, about: 'App' }];
}
