import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { type Command, optionsOf, usageOf } from './declare.ts';

/** A mistake in what was typed, told privately. */
export class UsageError extends Error {}

/** More than anybody types; far below what a store or a message could not hold. */
const MAX_TEXT = 2000;

/** Nearest of some words, for "did you mean"; null where none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, far: distance(word.toLowerCase().slice(0, 40), name) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best && best.far <= Math.max(1, Math.floor(best.name.length / 2)) ? best.name : null;
}

interface Typed {
  words: string[];
  named: Map<string, string>;
}

/** Quotes as people and their keyboards type them; single ones only around a whole value, for names have apostrophes. */
const TOKEN = /(?:[^\s"“”„]|["“”„][^"“”„]*["“”„])+/g;
const SINGLE = /(^|[\s=])['‘’]([^'‘’]*)['‘’](?=\s|$)/g;

/** Control characters but for line ends, and what turns the direction of a text or has no width. */
const UNSEEN = /[^\P{Cc}\n\r\t]|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

/** `a6000 spot count=2 --name "run 7"`, with smart quotes, and `--` that a keyboard turned into a dash. */
export function tokenize(text: string): Typed {
  if (text.length > MAX_TEXT)
    throw new UsageError(`That is ${text.length} characters; a command has at most ${MAX_TEXT}.`);
  if (UNSEEN.test(text))
    throw new UsageError('That has control characters or others that nobody sees in it; type it again by hand.');
  const words: string[] = [];
  const named = new Map<string, string>();
  const even = text.replace(SINGLE, '$1"$2"').replace(/\s+=\s*|=\s+/g, '=');
  const tokens = (even.match(TOKEN) ?? []).map((token) => token.replace(/["“”„]/g, ''));
  const set = (name: string, value: string) => {
    if (named.has(name)) throw new UsageError(`${name} is there twice; say it once.`);
    named.set(name, value);
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    const pair = /^(?:--|—|–)?([A-Za-z][A-Za-z_-]*)=(.*)$/s.exec(token);
    const flag = /^(?:--|—|–)([A-Za-z][A-Za-z_-]*)$/.exec(token);
    if (pair) set((pair[1] ?? '').toLowerCase(), pair[2] ?? '');
    else if (flag) set((flag[1] ?? '').toLowerCase(), tokens[++i] ?? '');
    else words.push(token);
  }
  return { words, named };
}

/** The command that a text begins with, and the rest of it. */
export function splitCommand(text: string, commands: readonly Command[]): { command: Command; rest: string } {
  const [, word = 'help', rest = ''] = /^\s*(\S+)?\s*([\s\S]*)$/.exec(text) ?? [];
  const command = commands.find(({ name }) => name === word.toLowerCase());
  if (command) return { command, rest };
  const near = nearest(
    word,
    commands.map(({ name }) => name),
  );
  const hint = near ? ` Did you mean /pod ${near}?` : ' /pod help lists what there is.';
  throw new UsageError(`There is no /pod ${word.slice(0, 40)}.${hint}`);
}

/** Arguments from text. @throws UsageError */
export function parseText<S extends z.ZodObject>(command: Command<S>, text: string): z.infer<S> {
  const { words, named } = tokenize(text);
  const values: Record<string, unknown> = Object.fromEntries(named);
  const spread = command.oneWord ? oneByOne : place;
  spread(words, command as Command, values);
  return check(command, values);
}

/** Arguments from typed options. @throws UsageError */
export function parseOptions<S extends z.ZodObject>(command: Command<S>, values: Record<string, unknown>): z.infer<S> {
  for (const value of Object.values(values)) if (typeof value === 'string') tokenize(value.replace(/["“”„]/g, ''));
  return check(command, values);
}

/**
 * Gives bare words to positional fields: later fields take, from the end, the words that fit them and nothing else
 * would, and the first field takes the rest ("pro 6000 spot 2").
 */
function place(words: string[], command: Command, values: Record<string, unknown>): void {
  const [leading, ...others] = command.positional;
  const first = leading === undefined || leading in values ? undefined : leading;
  const later = others.filter((name) => !(name in values));
  const rest = [...words];
  const open = new Set(later);
  while (rest.length > 0 && open.size > 0) {
    const word = rest[rest.length - 1] ?? '';
    const mustStay = first !== undefined && rest.length === 1;
    const taker = mustStay ? undefined : [...open].find((name) => fits(command, name, word));
    if (taker === undefined) break;
    values[taker] = word;
    open.delete(taker);
    rest.pop();
  }
  // Words from a fixed list ("spot") are known wherever they stand; numbers only at the end.
  for (const name of [...open].filter((field) => !fits(command, field, '1'))) {
    const at = rest.length > 1 ? rest.findIndex((word) => fits(command, name, word)) : -1;
    if (at >= 0) values[name] = rest.splice(at, 1)[0];
  }
  if (first !== undefined && rest.length > 1) twice(rest, command, others, values);
  if (first !== undefined && rest.length > 0) values[first] = rest.join(' ');
  else if (rest.length > 0)
    throw new UsageError(`I do not know what to do with "${rest.join(' ').slice(0, 80)}".\n${usageOf(command)}`);
}

/** `run7,old done with both`: a word for each field in turn, and the rest for the last one. */
function oneByOne(words: string[], command: Command, values: Record<string, unknown>): void {
  const open = command.positional.filter((name) => !(name in values));
  // People put a space after a comma.
  const rest = words
    .join(' ')
    .replace(/\s*,\s*/g, ',')
    .split(' ')
    .filter((word) => word !== '');
  open.forEach((name, i) => {
    const taken = i === open.length - 1 ? rest.splice(0).join(' ') : (rest.shift() ?? '');
    if (taken !== '') values[name] = taken;
  });
  if (rest.length > 0)
    throw new UsageError(`I do not know what to do with "${rest.join(' ').slice(0, 80)}".\n${usageOf(command)}`);
}

/** `a6000 spot on-demand`: a word that would have fitted a field which is taken is no part of a name. */
function twice(rest: string[], command: Command, later: readonly string[], values: Record<string, unknown>): void {
  for (const word of rest.slice(1)) {
    const listed = later.find((name) => name in values && !fits(command, name, '1') && fits(command, name, word));
    const numeric =
      word === rest.at(-1)
        ? later.find((name) => name in values && /^\d{1,3}$/.test(word) && fits(command, name, word))
        : undefined;
    const name = listed ?? numeric;
    if (name !== undefined) throw new UsageError(`${name} is there twice (${word}); say it once.`);
  }
}

function fits(command: Command, name: string, word: string): boolean {
  const schema = command.args.shape[name];
  // A GPU called 6000 is not six thousand GPUs.
  if (/^\d{4,}$/.test(word)) return false;
  return schema?.safeParse(word).success ?? false;
}

function check<S extends z.ZodObject>(command: Command<S>, values: Record<string, unknown>): z.infer<S> {
  const options = optionsOf(command as unknown as Command).map(({ name }) => name);
  for (const name of Object.keys(values)) {
    if (options.includes(name)) continue;
    const near = nearest(name, options);
    const hint = near ? ` Did you mean ${near}?` : ` It takes ${options.join(', ') || 'none'}.`;
    throw new UsageError(`/pod ${command.name} has no option ${name.slice(0, 40)}.${hint}`);
  }
  const parsed = command.args.safeParse(values);
  if (parsed.success) return parsed.data as z.infer<S>;
  const problems = parsed.error.issues.slice(0, 3).map((issue) => {
    const name = issue.path.join('.');
    const value = values[name];
    if (value === undefined) return `${name} is missing.`;
    if (issue.code === 'too_big' && typeof value === 'string')
      return `${name} has ${value.trim().length} characters; it takes at most ${issue.maximum}.`;
    return issue.message.startsWith(name) ? `${issue.message}.` : `${name} ${issue.message}.`;
  });
  throw new UsageError(`${problems.join(' ')}\n${usageOf(command as unknown as Command)}`);
}
