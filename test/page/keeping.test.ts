import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Stage } from '../../demo/world/stage.ts';
import { DataInUse } from '../../src/store/embedded-redis.ts';
import { doAct, Window } from './visitor.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const launch = (name: string) =>
  ({
    kind: 'command',
    chat: 'slack',
    person: 'alice',
    channel: 'gpu',
    typed: `/pod launch a6000 name=${name}`,
  }) as const;

let dataPath: string;
const running = new Set<ChildProcessWithoutNullStreams>();
beforeEach(() => {
  dataPath = mkdtempSync(join(tmpdir(), 'podwarden-keeping-'));
});
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  running.clear();
  rmSync(dataPath, { recursive: true, force: true });
});

/** The demo as a command; `said` has what it printed, and grows. */
class Demo {
  said = '';
  readonly child: ChildProcessWithoutNullStreams;

  constructor(...args: string[]) {
    const all = ['--import', 'tsx', 'demo/main.ts', '--data', dataPath, '--port', '0', ...args];
    this.child = spawn(process.execPath, all, { cwd: ROOT });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.said += chunk.toString('utf8');
      });
    }
  }

  async until(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const found = pattern.exec(this.said);
      if (found) return found[1] ?? found[0];
      const left = deadline - Date.now();
      if (left <= 0 || this.child.exitCode !== null) throw new Error(`it did not say ${pattern}:\n${this.said}`);
      const enough = AbortSignal.timeout(left);
      await Promise.race([
        once(this.child.stdout, 'data', { signal: enough }),
        once(this.child.stderr, 'data', { signal: enough }),
        once(this.child, 'exit', { signal: enough }),
      ]).catch(() => {});
    }
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

describe('what a demo keeps', { timeout: 180_000 }, () => {
  it('is there after the demo was killed in the middle, with nobody left behind', async () => {
    const first = new Demo();
    const address = await first.until(/(http:\/\/127\.0\.0\.1:\d+)/);
    await first.until(/demo> /);
    const before = new Window(address, 'alice');
    await doAct(address, launch('kept'));
    await before.until('it runs', () => before.says('slack', /kept: Running/));
    before.close();
    // It is written a moment later.
    const written = join(dataPath, 'podwarden-demo', 'world');
    const holds = () => existsSync(written) && readFileSync(written, 'latin1').includes('kept: Running');
    await expect.poll(holds, { timeout: 10_000 }).toBe(true);
    first.child.kill('SIGKILL');
    await first.exit();

    const second = new Demo();
    const again = await second.until(/(http:\/\/127\.0\.0\.1:\d+)/);
    await second.until(/demo> /);
    const after = new Window(again, 'alice');
    await after.until('the fleet', () => after.get('account') !== undefined);
    expect(after.get('account').pods.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^alice-kept-/));
    await doAct(again, launch('second'));
    await after.until('one bot answers, and once', () => after.says('slack', /second: Running/));
    expect(after.messages('slack').filter((text) => /second: Running/.test(text))).toHaveLength(1);
    after.close();

    // Steps come from a pipe too, and the demo ends with them.
    second.child.stdin.end('slack alice #gpu> /pod whoami\nexpect slack alice privately /alice/\n');
    expect(await second.exit()).toBe(0);
    expect(second.said).not.toMatch(/is no step|nothing there/);
  });

  it('belongs to one demo at a time, and is forgotten where that is asked for, and nothing else in the folder is', async () => {
    const foreign = join(dataPath, 'notes.txt');
    writeFileSync(foreign, 'not ours');
    const first = new Stage(dataPath);
    await first.start();
    const [run, now] = [first.run, first.world?.clock.offset()];
    const second = new Stage(dataPath);
    await expect(second.start({ fresh: true })).rejects.toThrow(DataInUse);
    expect(first.world?.clock.offset()).toBe(now);
    await first.world?.slack.command('alice', 'gpu', '/pod whoami');
    await first.stop();
    await second.start({ fresh: true });
    expect(second.run).not.toBe(run);
    expect(existsSync(foreign)).toBe(true);
    await second.stop();
  });
});

describe('the demo as a command', () => {
  it('stays for its page where nobody can type, until it is told to end', async () => {
    const demo = new Demo();
    demo.child.stdin.end();
    const address = await demo.until(/(http:\/\/127\.0\.0\.1:\d+)/);
    await demo.until(/demo> /);
    const window = new Window(address, 'alice');
    await window.until('it is up', () => window.get('start')?.state === 'up');
    demo.child.kill('SIGINT');
    window.close();
    expect(await demo.exit()).toBe(130);
  });

  it.each([
    [['--port', 'many'], /many is no port/],
    [['--colour'], /--colour/],
  ])('says what it takes where it is given %j', async (args, problem) => {
    const demo = new Demo(...args);
    expect(await demo.exit()).toBe(2);
    expect(demo.said).toMatch(problem);
  });
});
