import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guard } from './guards/guard.ts';
import { GUARDS } from './guards/list.ts';

/**
 * Takes each guard of the table out, in a copy of this tree, and expects the test that is named for it to fail. Run it after
 * a change to such a place, or to its tests: a guard that no test holds is as good as gone.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** One test file, on a busy machine. */
const LONGEST_MS = 180_000;
/** All of them. */
const PATIENCE_MS = 40 * 60_000;

interface Report {
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

function copyOfTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'podwarden-guards-'));
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of listed.stdout.toString('utf8').split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** How the tests with these names ended, by full name; null where the run itself did not end well. */
function run(copy: string, files: readonly string[], names: readonly string[]): Map<string, string> | null {
  const only = ['-t', names.map(literal).join('|')];
  const command = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...files, '--reporter=json', ...only];
  const { stdout } = spawnSync(process.execPath, command, {
    cwd: copy,
    encoding: 'utf8',
    timeout: LONGEST_MS,
    maxBuffer: 1 << 26,
  });
  try {
    const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Report;
    return new Map(testResults.flatMap((of) => of.assertionResults.map((one) => [one.fullName, one.status] as const)));
  } catch {
    return null;
  }
}

/** Null where the named test fails without the guard; else what is wrong. */
function problemOf({ file, without, to = '', test, name }: Guard, copy: string): string | null {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const found = source.split(without).length - 1;
  if (found !== 1) return `its source is found ${found} times in ${file}, not once: mend the table`;
  writeFileSync(
    path,
    source.replace(without, () => to),
  );
  const results = run(copy, [test], [name]);
  writeFileSync(path, source);
  const ended = [...(results ?? [])].filter(([full]) => full.includes(name)).map(([, status]) => status);
  if (ended.length === 0) return `no test of ${test} ran that is called "${name}"`;
  return ended.includes('failed') ? null : `"${name}" in ${test} passes without it`;
}

function main(wanted: string | undefined): number {
  const guards = GUARDS.filter(({ guard }) => wanted === undefined || guard.includes(wanted));
  const copy = copyOfTree();
  const deadline = Date.now() + PATIENCE_MS;
  try {
    const files = [...new Set(guards.map(({ test }) => test))];
    const sound = run(copy, files, [...new Set(guards.map(({ name }) => name))]);
    const broken = [...(sound ?? [])].filter(([, status]) => status === 'failed').map(([name]) => name);
    if (!sound || broken.length > 0) {
      console.error(`These fail with every guard in place: ${broken.join('; ') || 'the run itself'}`);
      return 1;
    }
    const problems = guards.map((guard) => {
      const problem = Date.now() > deadline ? 'no time was left for it' : problemOf(guard, copy);
      console.log(`${problem === null ? 'caught' : 'MISSED'}  ${guard.guard}${problem === null ? '' : `: ${problem}`}`);
      return problem;
    });
    const missed = problems.filter((problem) => problem !== null).length;
    console.log(`${guards.length - missed} caught, ${missed} missed`);
    return missed === 0 && guards.length > 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv[2]);
