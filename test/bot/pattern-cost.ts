/** What a pattern may cost at one place of a text, read off its source; for the constructs that ours use. */
type Atom = { one: string; min: number; max: number } | { group: Sequence[]; kind: string; min: number; max: number };
type Sequence = Atom[];

/** @throws for what it cannot judge. */
export function parsePattern(source: string): Sequence[] {
  let at = 0;
  const alternatives = (): Sequence[] => {
    const found: Sequence[] = [[]];
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        found.push([]);
        at += 1;
      } else found.at(-1)?.push(atom());
    }
    return found;
  };
  const atom = (): Atom => {
    if (source[at] === '(') {
      const kind = /^\((?:\?(?:<?[=!]|:))/.exec(source.slice(at))?.[0];
      if (kind === undefined) throw new Error(`a group that captures: ${source}`);
      at += kind.length;
      const group = alternatives();
      at += 1;
      return { group, kind, ...counted() };
    }
    const one = /^(?:\\.|\[(?:\\.|[^\]\\])*\]|[^\\[])/s.exec(source.slice(at))?.[0] ?? '';
    at += one.length;
    return { one, ...counted() };
  };
  const counted = () => {
    const given = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(source.slice(at));
    at += given?.[0].length ?? 0;
    if (source[at] === '?') throw new Error(`a lazy quantifier: ${source}`);
    if (!given) return { min: 1, max: 1 };
    const [, sign, min, comma, max] = given;
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    const most = comma === '' ? min : max === '' ? Number.POSITIVE_INFINITY : max;
    return { min: Number(min), max: Number(most) };
  };
  return alternatives();
}

/** Steps of one try at one place. @throws where no bound holds: something may fail after a part without one. */
export function stepsOf(alternatives: Sequence[], last = true): number {
  return alternatives.reduce((sum, sequence) => sum + stepsOfSequence(sequence, last), 0);
}

function stepsOfSequence(sequence: Sequence, last: boolean): number {
  let ways = 1;
  let steps = 1;
  for (const [i, part] of sequence.entries()) {
    const final = last && i === sequence.length - 1;
    if (part.max === Number.POSITIVE_INFINITY && !(final && 'one' in part)) throw new Error('something follows it');
    if ('group' in part) {
      steps += ways * stepsOfGroup(part, final);
      if (part.kind === '(?:') ways *= part.group.length + 1 - part.min;
      continue;
    }
    const most = final ? part.min : part.max;
    steps += ways * (most + (most - part.min));
    if (!final && !endsAlone(part.one, sequence[i + 1])) ways *= most - part.min + 1;
  }
  return steps;
}

function stepsOfGroup({ group, kind, max }: Extract<Atom, { kind: string }>, final: boolean): number {
  if (max > 1) throw new Error('a group that repeats');
  return stepsOf(group, final && kind === '(?:');
}

/** What follows is none of its characters, so that it can end at one place only. */
function endsAlone(one: string, next: Atom | undefined): boolean {
  if (next === undefined || !('one' in next)) return false;
  const literal = /^\\?([^\\[\w]|[\w])$/.exec(next.one)?.[1];
  const isClass = /^\\[wds]$/i.test(next.one) || next.one === '.';
  return literal !== undefined && !isClass && !new RegExp(`^(?:${one})$`).test(literal);
}

const SAMPLES = ['a', 'A', '1', '-', '.', '/', ':', ' '];

/** Texts that match the first parts of a pattern, and no more: a start for every one of them. */
export function beginnings(alternatives: Sequence[]): string[] {
  return alternatives.flatMap((sequence) => {
    const found: string[] = [];
    let text = '';
    for (const part of sequence) {
      if ('group' in part) {
        if (part.kind !== '(?:') continue;
        const inner = beginnings(part.group);
        found.push(...inner.map((one) => text + one));
        text += inner.at(-1) ?? '';
        continue;
      }
      const sample = sampleOf(part.one);
      text += sample.repeat(Math.max(part.min, part.max === Number.POSITIVE_INFINITY ? part.min - 1 : part.max));
      found.push(text);
    }
    return found.filter((one) => one !== '');
  });
}

function sampleOf(one: string): string {
  const literal = /^\\?([^\\[\]wsd])$/.exec(one)?.[1] ?? (one.length === 1 ? one : undefined);
  return literal ?? SAMPLES.find((sample) => new RegExp(`^(?:${one})$`).test(sample)) ?? '';
}
