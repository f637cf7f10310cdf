import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Which room may import which, and which packages each may use. The table is read against the real import statements:
 * a line that is missing here is a wall.
 */
interface Room {
  imports: string[];
  packages: string[];
}

const ROOMS: Record<string, Room> = {
  'src/policy': { imports: [], packages: ['zod', 'fastest-levenshtein', 'luxon'] },
  'src/runpod': { imports: [], packages: ['zod', 'undici', 'node:timers/promises'] },
  'src/config': {
    imports: ['src/policy'],
    packages: ['zod', 'yaml', 'node:fs', 'node:path', 'node:util'],
  },
  'src/store': {
    imports: ['src/policy'],
    packages: [
      'zod',
      'ioredis',
      'node:child_process',
      'node:crypto',
      'node:events',
      'node:fs',
      'node:net',
      'node:os',
      'node:path',
      'node:timers/promises',
    ],
  },
  'src/jobs': { imports: ['src/policy', 'src/store'], packages: ['zod', 'bullmq'] },
  'src/bot/message': { imports: ['src/policy'], packages: [] },
  'src/bot/views': { imports: ['src/bot/message', 'src/policy'], packages: [] },
  'src/bot/commands': {
    imports: ['src/bot', 'src/bot/message', 'src/bot/views', 'src/jobs', 'src/policy', 'src/store'],
    packages: ['zod', 'fastest-levenshtein', 'node:crypto'],
  },
  'src/bot/actions': {
    imports: ['src/bot', 'src/bot/commands', 'src/bot/message', 'src/bot/views', 'src/jobs', 'src/policy'],
    packages: ['zod', 'node:crypto'],
  },
  'src/bot/chart': {
    imports: ['src/policy'],
    packages: ['echarts', '@resvg/resvg-js', 'node:module'],
  },
  'src/bot/publish': {
    imports: [
      'src/bot',
      'src/bot/chart',
      'src/bot/commands',
      'src/bot/message',
      'src/bot/views',
      'src/config',
      'src/jobs',
      'src/policy',
      'src/store',
    ],
    packages: ['zod'],
  },
  'src/bot/slack': {
    imports: ['src/bot', 'src/bot/message', 'src/policy', 'src/config', 'src/jobs/ports.ts'],
    packages: ['@slack/bolt', 'node:timers/promises'],
  },
  'src/bot/discord': {
    imports: ['src/bot', 'src/bot/message', 'src/policy', 'src/config', 'src/jobs/ports.ts'],
    packages: ['discord.js', 'node:timers/promises'],
  },
  'src/bot': {
    imports: [
      'src/bot/actions',
      'src/bot/chart',
      'src/bot/commands',
      'src/bot/message',
      'src/bot/views',
      'src/config',
      'src/jobs',
      'src/policy',
      'src/store',
    ],
    packages: ['zod', 'node:crypto', 'node:timers/promises'],
  },
};

/** Entry points may import anything; nothing imports them. */
const ENTRIES = ['src/entry', 'src/cli.ts', 'demo', 'storm', 'scripts', 'test', 'emulators'];
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  from: string;
  to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g);
  return [...found].map(([, named, dynamic]) => {
    const target = named ?? dynamic ?? '';
    const to = target.startsWith('.') ? relative(ROOT, resolve(join(ROOT, dirname(file)), target)) : target;
    return { from: file, to };
  });
}

/** The longest room that holds the file. */
function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS)
    .filter((room) => file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

const all = ['src', 'demo', 'emulators', 'storm'].flatMap(sources).flatMap(importsOf);

describe('the house', () => {
  it('reads the real import statements', () => {
    expect(all.length).toBeGreaterThan(300);
    expect(all.some(({ from, to }) => from === 'src/store/ledger.ts' && to === 'src/policy/ledger.ts')).toBe(true);
  });

  it.each(Object.keys(ROOMS))('%s imports only what it may', (room) => {
    const { imports, packages } = ROOMS[room] ?? { imports: [], packages: [] };
    const wrong = all
      .filter(({ from }) => roomOf(from) === room)
      .filter(({ to }) => {
        if (!to.startsWith('src/')) return !packages.includes(to);
        const target = roomOf(to);
        return target !== room && !imports.includes(target ?? '') && !imports.includes(to);
      });
    expect(wrong).toEqual([]);
  });

  it('has no file outside of a room or an entry', () => {
    const homeless = sources('src').filter((file) => !roomOf(file) && !ENTRIES.some((entry) => file.startsWith(entry)));
    expect(homeless).toEqual([]);
  });

  it('has entries that nothing imports', () => {
    const wrong = all.filter(({ from, to }) => {
      const entry = ENTRIES.find((e) => to === e || to.startsWith(`${e}/`));
      if (!entry) return false;
      const free = ['demo', 'storm', 'test', 'scripts', 'src/entry', 'src/cli.ts'].some((e) => from.startsWith(e));
      return !free && !(entry === 'emulators' && from.startsWith('emulators'));
    });
    expect(wrong).toEqual([]);
  });

  it('has a demo whose world knows nothing of those who show it, and a page that runs in browsers', () => {
    const from = (room: string) => all.filter((one) => one.from.startsWith(room));
    const shown = ['demo/dialogue/', 'demo/page/'];
    expect(from('demo/world/').filter(({ to }) => shown.some((room) => to.startsWith(room)))).toEqual([]);
    expect(from('demo/dialogue/').filter(({ to }) => to.startsWith('demo/page/'))).toEqual([]);
    const browser = [
      'demo/page/browser/',
      'demo/page/protocol.ts',
      'demo/page/requests.ts',
      'emulators/chat.ts',
      'react',
      'slack-blocks-to-jsx',
      '@skyra/discord-components-core',
      'discord-markdown-parser',
      'lit',
    ];
    const wrong = from('demo/page/browser/').filter(({ to }) => !browser.some((start) => to.startsWith(start)));
    expect(wrong).toEqual([]);
  });

  it('has storms that are judged from what was recorded alone', () => {
    const judged = all.filter(({ from }) => from.startsWith('storm/judge/')).map(({ to }) => to);
    const allowed = ['storm/judge/', 'src/policy/', 'emulators/chat.ts', 'emulators/events.ts'];
    expect(judged.length).toBeGreaterThan(5);
    expect(judged.filter((to) => !allowed.some((start) => to.startsWith(start)))).toEqual([]);
  });

  it('names no chat platform where both are meant', () => {
    const neutral = [
      'src/policy',
      'src/jobs',
      'src/bot/commands',
      'src/bot/actions',
      'src/bot/views',
      'src/bot/message',
    ];
    const named = neutral.flatMap(sources).filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /slack|discord/i.test(code);
    });
    expect(named).toEqual([]);
  });

  it('has no circles', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of all) next.set(from, [...(next.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: string[]) => {
      if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of next.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('keeps files short', () => {
    const long = ['src', 'emulators', 'demo', 'storm']
      .flatMap(sources)
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 350);
    expect(long).toEqual([]);
  });

  it('reads the environment in one place', () => {
    const readers = sources('src').filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('process.env'));
    expect(readers).toEqual(['src/config/load.ts']);
  });

  it('has no barrel files', () => {
    expect(sources('src').filter((file) => file.endsWith('/index.ts'))).toEqual([]);
  });
});
