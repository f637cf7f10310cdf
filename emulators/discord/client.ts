import { ClientRefused } from '../chat.ts';
import type { Json } from './state.ts';

/** Option types. Source: Discord's application command object. */
const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const MAX_STRING = 6000;

interface OptionSpec {
  type: number;
  name: string;
  required?: boolean;
  autocomplete?: boolean;
}

export interface TypedCommand {
  subcommand: string;
  options: { name: string; type: number; value: unknown }[];
}

function tokens(text: string): string[] {
  const found = text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return found.map((token) => token.replace(/"((?:\\.|[^"\\])*)"/g, '$1').replaceAll('\\"', '"'));
}

/**
 * What Discord's own client makes of `/pod launch a6000 spot`: options in declared order, or `name=value`. It lets nobody
 * send what does not fit the declared types. @throws ClientRefused
 */
export function typedCommand(typed: string, commands: Json[]): TypedCommand {
  const match = /^\/pod\s+(\S+)\s*([\s\S]*)$/.exec(typed);
  const pod = commands.find((command) => command.name === 'pod');
  const subcommand = (pod?.options as Json[] | undefined)?.find((option) => option.name === match?.[1]?.toLowerCase());
  if (!match || !subcommand) throw new ClientRefused(`no such command: ${typed}`);
  const specs = (subcommand.options as OptionSpec[] | undefined) ?? [];
  const given = new Map<string, string>();
  for (const token of tokens(match[2] ?? '')) {
    const pair = /^([a-z_]+)=([\s\S]*)$/.exec(token);
    const last = specs.at(-1);
    // Whatever follows in the last field belongs to it.
    if (!pair && last?.type === STRING && given.has(last.name) && given.size === specs.length) {
      given.set(last.name, `${given.get(last.name)} ${token}`);
      continue;
    }
    const name = pair?.[1] ?? specs.find((spec) => !given.has(spec.name))?.name;
    if (name === undefined || !specs.some((spec) => spec.name === name))
      throw new ClientRefused(`no option for ${token}`);
    given.set(name, pair ? (pair[2] ?? '') : token);
  }
  const missing = specs.find((spec) => spec.required && !given.has(spec.name));
  if (missing) throw new ClientRefused(`the option ${missing.name} is required`);
  const options = specs
    .filter((spec) => given.has(spec.name))
    .map((spec) => ({ name: spec.name, type: spec.type, value: optionValue(spec, given.get(spec.name) ?? '') }));
  return { subcommand: String(subcommand.name), options };
}

function optionValue(spec: OptionSpec, text: string): unknown {
  if (spec.type === STRING) {
    if (text.length > MAX_STRING) throw new ClientRefused(`${spec.name} is longer than ${MAX_STRING} characters`);
    return text;
  }
  if (spec.type === INTEGER) {
    if (!/^-?\d+$/.test(text)) throw new ClientRefused(`${spec.name} takes a whole number`);
    return Number(text);
  }
  if (spec.type === BOOLEAN && !/^(true|false)$/i.test(text)) throw new ClientRefused(`${spec.name} is true or false`);
  return text.toLowerCase() === 'true';
}
