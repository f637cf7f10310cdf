export interface OptionSpec {
  name: string;
  description: string;
  type: number;
  required?: boolean;
  autocomplete?: boolean;
}

export interface SubcommandSpec {
  name: string;
  description: string;
  options?: OptionSpec[];
}

/** Where in a command somebody is typing. */
export interface Place {
  subcommand: SubcommandSpec;
  /** What the piece belongs to; null where nothing is left to give. */
  option: OptionSpec | null;
  /** Whether the piece says so itself, as `name=…`. */
  named: boolean;
  /** What of the value stands there. */
  partial: string;
  /** The text up to the piece, and the piece. */
  before: string;
  piece: string;
  /** Options that the text does not have yet, the current one among them. */
  left: OptionSpec[];
}

/** Reads an unfinished command as the client reads a finished one: options in declared order, or `name=value`. */
export function placeOf(text: string, subcommands: SubcommandSpec[]): Place | null {
  const match = /^(\/pod\s+(\S+)\s+)([\s\S]*)$/.exec(text);
  const subcommand = subcommands.find(({ name }) => name === match?.[2]?.toLowerCase());
  if (!match || !subcommand) return null;
  const [, head = '', , rest = ''] = match;
  const start = lastPiece(rest);
  const left = (subcommand.options ?? []).filter(({ name }) => !givenIn(rest.slice(0, start), subcommand).has(name));
  const piece = rest.slice(start);
  const pair = /^([a-z_]+)=([\s\S]*)$/.exec(piece);
  const named = left.find(({ name }) => name === pair?.[1]);
  return {
    subcommand,
    option: named ?? left[0] ?? null,
    named: named !== undefined,
    partial: unquoted(named ? (pair?.[2] ?? '') : piece),
    before: head + rest.slice(0, start),
    piece,
    left,
  };
}

/** Where the piece begins that is being typed: spaces within quotes end nothing. */
function lastPiece(text: string): number {
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (letter === '\\' && quoted) i++;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(letter)) start = i + 1;
  }
  return start;
}

function givenIn(text: string, { options = [] }: SubcommandSpec): Set<string> {
  const given = new Set<string>();
  for (const token of text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? []) {
    const name = /^([a-z_]+)=/.exec(token)?.[1] ?? options.find((option) => !given.has(option.name))?.name;
    if (name !== undefined) given.add(name);
  }
  return given;
}

const unquoted = (text: string) => text.replace(/^"|"$/g, '').replaceAll('\\"', '"');

export const quoted = (value: string) => (/[\s"]/.test(value) ? `"${value.replaceAll('"', '\\"')}"` : value);
