import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Ended, type PartStarter, runPart } from '../../demo/world/part.ts';
import { systemSources } from '../../src/config/load.ts';
import { createLog } from '../../src/entry/process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The same bot and worker inside of this process, which has loaded them already: a process of its own spends two seconds of a
 * core on that. It ends in order, whatever signal it gets, and has the clock of this machine.
 */
export const inside: PartStarter = (part, { name, env, logPath }) => {
  const log = (level: string) => createLog(level, part, logPath);
  const running = runPart(part, { ...systemSources(ROOT), env }, log, (reason) =>
    appendFileSync(logPath, `${reason}\n`),
  );
  let end = (_: Ended) => {};
  const ended = new Promise<Ended>((resolve) => {
    end = resolve;
  });
  return {
    ready: running.then(() => {}),
    ended,
    signal: () => {
      const close = running.then(({ close }) => close());
      close.then(
        () => end({ code: 0, signal: null }),
        () => end({ code: 1, signal: null }),
      );
    },
    setMachineClock: (ahead) => {
      if (ahead !== 0) throw new Error(`${name} runs in here: a clock of its own needs a process`);
    },
  };
};
