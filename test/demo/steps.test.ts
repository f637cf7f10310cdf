import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES, readDialogue, readStep, STEP_PATTERNS, UnreadableLine } from '../../demo/dialogue/steps.ts';

describe('docs/demo.md', () => {
  const page = readFileSync(new URL('../../docs/demo.md', import.meta.url), 'utf8');
  const section = /\n## The steps of a dialogue\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
  const shown = [...section.matchAll(/^\| `((?:[^`\\]|\\.)+)`/gm)].map(([, line = '']) => line.replaceAll('\\|', '|'));
  const steps = shown.filter((line) => !/^\w+=/.test(line));
  const faults = shown.filter((line) => /^\w+=/.test(line));

  it('lists every step of a dialogue, each as it can be typed', () => {
    expect(steps.filter((line) => !STEP_PATTERNS.some((pattern) => pattern.test(line)))).toEqual([]);
    expect(STEP_PATTERNS.filter((pattern) => !steps.some((line) => pattern.test(line)))).toEqual([]);
    for (const line of steps) expect(readStep(line)).toBeDefined();
  });

  it('lists every fault, each with a value that it takes', () => {
    const named = faults.map((line) => line.split('=')[0]);
    expect([...new Set(named)].sort()).toEqual([...FAULT_NAMES].sort());
    for (const line of faults) expect(readStep(`fault ${line}`)).toMatchObject({ kind: 'fault' });
  });
});

describe('the steps of a dialogue', () => {
  it.each([
    [
      'slack alice #gpu> /pod launch a6000 spot',
      { kind: 'command', chat: 'slack', person: 'alice', channel: 'gpu', typed: '/pod launch a6000 spot' },
    ],
    ['discord bob press "Stop" on "run\\"7"', { kind: 'press', chat: 'discord', label: 'Stop', on: 'run"7' }],
    ['slack alice press "Approve"', { kind: 'press', on: null }],
    [
      'slack alice fill reason="done" data="nothing"',
      {
        kind: 'fill',
        values: [
          ['reason', 'done'],
          ['data', 'nothing'],
        ],
      },
    ],
    ['slack alice fill', { kind: 'fill', values: [] }],
    [
      'expect slack #gpu /Running.*A6000/ within 90s',
      { kind: 'expect-message', no: false, where: { channel: 'gpu' }, within: 90_000 },
    ],
    ['expect slack alice /a6000/', { where: { person: 'alice', privately: false }, within: 10_000 }],
    ['expect slack alice privately /not allowed/', { where: { person: 'alice', privately: true } }],
    ['expect no slack #gpu /Running/ for 3s', { no: true, within: 3000 }],
    [
      'expect pods running=2 exited=1 total=3 terminated=0',
      {
        kind: 'expect-pods',
        counts: [
          ['running', 2],
          ['exited', 1],
          ['total', 3],
          ['terminated', 0],
        ],
      },
    ],
    [
      'expect calls "POST /v2/pods" = 1',
      { kind: 'expect-calls', method: 'POST', path: '/v2/pods', compare: '=', count: 1 },
    ],
    ['expect calls "DELETE" <= 2', { method: 'DELETE', path: null, compare: '<=' }],
    ['clock +25h', { kind: 'clock', ms: 25 * 3_600_000 }],
    ['clock +1d2h30m', { ms: 26.5 * 3_600_000 }],
    ['clock +500ms', { ms: 500 }],
    ['fault capacity=none', { kind: 'fault', name: 'capacity', value: 'none' }],
    ['fault console=rename:old:new', { name: 'console', value: 'rename:old:new' }],
    ['fault slack=error:is_archived', { kind: 'fault', name: 'slack', value: 'error:is_archived' }],
    ['fault discord=error:160005:thread,edit', { name: 'discord', value: 'error:160005:thread,edit' }],
    ['fault discord=close:4004', { name: 'discord', value: 'close:4004' }],
    ['fault pods=row@vision:gpu.count=null', { name: 'pods', value: 'row@vision:gpu.count=null' }],
    ['fault clear', { kind: 'fault-clear', name: null }],
    ['fault clear slack', { kind: 'fault-clear', name: 'slack' }],
    ['kill worker', { kind: 'kill', part: 'worker' }],
    ['start bot', { kind: 'start', part: 'bot' }],
    ['restart redis', { kind: 'restart-redis' }],
    ['empty redis', { kind: 'empty-redis' }],
  ])('%s', (text, step) => {
    expect(readStep(text)).toMatchObject(step);
  });

  it('a pattern ignores case and reads over lines', () => {
    const step = readStep('expect slack #gpu /running.*a6000/');
    expect(step.kind === 'expect-message' && step.pattern.test('Running\non RTX A6000')).toBe(true);
  });

  it.each([
    'launch it',
    'slack alice gpu> /pod',
    'expect slack #gpu Running',
    'clock +fast',
    'clock 3h',
    'kill redis',
    'expect slack #gpu /(/',
    'expect pods many=1',
    'fault pods=row:cost=free',
  ])('%s is none, and its line is named', (line) => {
    const read = () => readDialogue(`# a comment\n\n${line}\n`);
    expect(read).toThrow(UnreadableLine);
    expect(read).toThrow(/line 3/);
  });
});

describe('npm run demo -- --play FILE', () => {
  const play = (text: string) => {
    const file = join(mkdtempSync(join(tmpdir(), 'podwarden-exit-')), 'dialogue.txt');
    writeFileSync(file, text);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    return spawnSync(process.execPath, ['--import', 'tsx', 'demo/main.ts', '--play', file], {
      cwd: root,
      encoding: 'utf8',
    });
  };

  it('exits 0 and prints what people read', () => {
    const { status, stdout } = play('slack alice #gpu> /pod help\nexpect slack alice privately /podwarden/\n');
    expect(stdout).toContain('| Podwarden');
    expect(status).toBe(0);
  });

  it('exits 1 at the first step that fails, with its line', () => {
    const { status, stderr } = play('# one\nexpect pods running=9\nslack alice #gpu> /pod help\n');
    expect(stderr).toContain('line 2 failed: expect pods running=9\nthere are running=1 exited=1 total=2 terminated=0');
    expect(status).toBe(1);
  });

  it('exits 1 where the client itself refuses', () => {
    expect(play('discord alice #gpu> /pod launch\n')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/option gpu is required/),
    });
  });

  it('exits 2 for a line that is none, before anything starts', () => {
    const { status, stderr } = play('slack alice #gpu> /pod help\nwhat?\n');
    expect(stderr).toMatch(/^line 2: is no step: what\?/m);
    expect(status).toBe(2);
  });
});
