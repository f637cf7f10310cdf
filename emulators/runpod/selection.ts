/** One field of a GraphQL query, with its arguments as values. */
export interface Field {
  /** The key of the answer. */
  key: string;
  name: string;
  args: Record<string, unknown>;
  fields: Field[];
}

export interface Operation {
  kind: 'query' | 'mutation';
  fields: Field[];
}

const TOKEN = /\.\.\.|[A-Za-z_]\w*|\$\w+|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[{}()[\]:!=@]/g;

/** Enough of GraphQL for one operation without fragments and directives. @throws SyntaxError */
export function parseQuery(query: string, variables: Record<string, unknown>): Operation {
  return new Reader(query.replace(/#.*$/gm, '').match(TOKEN) ?? [], variables).operation();
}

class Reader {
  private at = 0;
  private readonly tokens: readonly string[];
  private readonly variables: Record<string, unknown>;

  constructor(tokens: readonly string[], variables: Record<string, unknown>) {
    this.tokens = tokens;
    this.variables = variables;
  }

  operation(): Operation {
    const named = this.next() === 'query' || this.next() === 'mutation';
    const kind = named ? (this.take() as Operation['kind']) : 'query';
    // The name and the types of variables: what is given is judged where it is used.
    while (named && this.next() !== '{' && this.next() !== '') this.take();
    const fields = this.selection();
    if (this.next() !== '') throw new SyntaxError(`Unexpected "${this.next()}".`);
    return { kind, fields };
  }

  private next(): string {
    return this.tokens[this.at] ?? '';
  }

  private take(wanted?: string): string {
    const got = this.next();
    if (wanted !== undefined && got !== wanted) throw new SyntaxError(`Expected "${wanted}", found "${shown(got)}".`);
    this.at += 1;
    return got;
  }

  /** True where it was there, and is behind us now. */
  private passes(token: string): boolean {
    if (this.next() !== token) return false;
    this.at += 1;
    return true;
  }

  private selection(): Field[] {
    this.take('{');
    const fields: Field[] = [];
    while (this.next() !== '}' && this.next() !== '') fields.push(this.field());
    this.take('}');
    return fields;
  }

  private field(): Field {
    const key = this.take();
    if (!/^[A-Za-z_]/.test(key)) throw new SyntaxError(`Expected Name, found "${shown(key)}".`);
    const name = this.passes(':') ? this.take() : key;
    const args = this.passes('(') ? this.pairs(')') : {};
    return { key, name, args, fields: this.next() === '{' ? this.selection() : [] };
  }

  private pairs(end: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    while (this.next() !== end && this.next() !== '') {
      const name = this.take();
      this.take(':');
      const given = this.value();
      if (given !== undefined) found[name] = given;
    }
    this.take(end);
    return found;
  }

  private value(): unknown {
    const token = this.take();
    if (token.startsWith('$')) return this.variables[token.slice(1)];
    if (token === '{') return this.pairs('}');
    if (token === '[') {
      const values: unknown[] = [];
      while (this.next() !== ']' && this.next() !== '') values.push(this.value());
      this.take(']');
      return values;
    }
    if (/^["\d-]/.test(token) || ['true', 'false', 'null'].includes(token)) return JSON.parse(token);
    // A word of an enum.
    if (/^[A-Za-z_]/.test(token)) return token;
    throw new SyntaxError(`Unexpected "${shown(token)}".`);
  }
}

const shown = (token: string): string => (token === '' ? '<EOF>' : token);
