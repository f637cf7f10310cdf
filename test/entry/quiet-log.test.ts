import { expect, it } from 'vitest';
import { quieted } from '../../src/entry/quiet-log.ts';

function recorded() {
  let now = 0;
  const lines: object[] = [];
  const write = (fields: object, text: string) => void lines.push({ ...fields, text });
  const log = quieted({ debug: write, info: write, warn: write, error: write }, () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { log, lines, pass };
}

it('writes the same warning a few times a minute, then once with how many were left out', () => {
  const { log, lines, pass } = recorded();
  for (let i = 0; i < 50_000; i++) log.warn({ queue: 'pods', error: 'OOM' }, 'worker connection');
  expect(lines).toHaveLength(5);
  pass(60_000);
  log.warn({ queue: 'pods', error: 'OOM' }, 'worker connection');
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toMatchObject({ text: 'worker connection', leftOut: 49_995 });
});

it('leaves out nothing that says something else, and no line below a warning', () => {
  const { log, lines } = recorded();
  for (let i = 0; i < 9; i++) {
    log.warn({ error: `e${i}` }, 'x');
    log.error({ error: 'e' }, `text ${i}`);
    log.info({ row: 'p1' }, 'row moved');
  }
  expect(lines).toHaveLength(27);
});

it('remembers no more lines than it must, however many there are', () => {
  const { log, lines } = recorded();
  for (let i = 0; i < 5000; i++) log.warn({ error: `e${i}` }, 'x');
  expect(lines).toHaveLength(5000);
});
