import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inProcess } from '../demo/world/part.ts';
import { writeProgram } from '../demo/world/program.ts';
import { generate } from './generate.ts';
import { said, shown } from './judge/evidence.ts';
import { type Plan, readPlan, writePlan } from './plan.ts';
import { type Report, type Run, run } from './run.ts';
import { shrink } from './shrink.ts';
import type { StormWorld } from './world.ts';

const USAGE = `npm run storm -- --seed N [--seeds M] [--at-once K] [--no-shrink] [--verbose]
npm run storm -- --seed N --print
npm run storm -- --plan FILE [--verbose]`;

/** A failing storm is made smaller for so many runs and so long. */
const SHRINK_RUNS = 40;
const SHRINK_MS = 15 * 60_000;

const print = (text: string) => {
  process.stdout.write(`${text}\n`);
};

function line({ plan, acts, troubles, deletions, seconds, violations }: Report): string {
  const [first] = violations;
  const rules = [...new Set(violations.map(({ rule }) => rule))].join(', ');
  const end = first ? `FAIL ${rules}: ${first.what}` : 'ok';
  return `seed ${plan.seed}  ${acts} acts  ${troubles} troubles  ${deletions} deletions  ${seconds.toFixed(0)} s  ${end}`;
}

function detail({ violations, log, evidence }: Report): string {
  const told = evidence.events.map((event) => {
    const fate =
      event.acknowledgedAt === null ? 'not acknowledged' : event.answers.map(({ text, kind }) => shown(text || kind));
    return `${said(event)}: ${fate}`;
  });
  const broken = violations.map(({ rule, what }) => `${rule}: ${what}`);
  return [...log, ...told, ...broken].map((one) => `  ${one}`).join('\n');
}

/** Smaller plans count that break the rule that the whole one broke first. */
async function shrunk(report: Report, runs: Run): Promise<Plan> {
  const [first] = report.violations;
  const deadline = Date.now() + SHRINK_MS;
  const fails = async (plan: Plan) => {
    const again = await run(plan, runs);
    const failed = again.violations.some(({ rule }) => rule === first?.rule);
    print(`  ${plan.entries.length} entries: ${failed ? 'fails' : 'holds'}`);
    return failed;
  };
  return shrink(report.plan, fails, { runs: SHRINK_RUNS, isOver: () => Date.now() > deadline });
}

async function failed(report: Report, isShrinking: boolean, runs: Run): Promise<void> {
  const smallest = isShrinking ? await shrunk(report, runs) : report.plan;
  const file = join(tmpdir(), `podwarden-storm-${report.plan.seed}.json`);
  writeFileSync(file, writePlan(smallest));
  if (isShrinking) print(writePlan(smallest));
  print(`  again: npm run storm -- --plan ${file}`);
}

function plansOf(values: { seed?: string; seeds?: string; plan?: string }): Plan[] | null {
  if (values.plan !== undefined) return [readPlan(readFileSync(values.plan, 'utf8'))];
  const [seed, seeds] = [Number(values.seed), Number(values.seeds ?? 1)];
  if (!Number.isInteger(seed) || !Number.isInteger(seeds) || seeds < 1) return null;
  return Array.from({ length: seeds }, (_, i) => generate(seed + i));
}

/** Those that failed, and how many could not be judged at all. */
interface Outcome {
  failures: Report[];
  brokenOff: number;
}

/** All of them, some at once. One that breaks off leaves the others alone. */
async function all(plans: readonly Plan[], atOnce: number, isVerbose: boolean, runs: Run): Promise<Outcome> {
  const left = [...plans];
  const outcome: Outcome = { failures: [], brokenOff: 0 };
  const judged = async (plan: Plan) => {
    const report = await run(plan, runs);
    print(line(report));
    if (isVerbose) print(detail(report));
    if (report.violations.length > 0) outcome.failures.push(report);
  };
  const lane = async () => {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift()) {
      const { seed } = plan;
      await judged(plan).catch((error: Error) => {
        outcome.brokenOff++;
        print(`seed ${seed}  FAIL broke off: ${error.stack}`);
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return outcome;
}

/** Nobody else would end what was started. */
function endOnSignals(worlds: ReadonlySet<StormWorld>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void Promise.allSettled([...worlds].map((world) => world.stop())).then(() => process.exit(130));
    });
  }
}

async function main(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    seed: text,
    seeds: text,
    plan: text,
    'at-once': { type: 'string', default: '1' } as const,
    print: flag,
    verbose: flag,
    'no-shrink': flag,
  };
  const { values } = parseArgs({ args, options });
  const plans = plansOf(values);
  if (plans === null || !(Number(values['at-once']) >= 1)) {
    print(USAGE);
    return 2;
  }
  if (values.print) {
    for (const plan of plans) print(writePlan(plan));
    return 0;
  }
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'podwarden-storms-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const runs: Run = { worlds: new Set(), starter: inProcess(writeProgram(folder)) };
  endOnSignals(runs.worlds);
  const { failures, brokenOff } = await all(plans, Number(values['at-once']), values.verbose, runs);
  for (const report of failures) await failed(report, !values['no-shrink'] && values.plan === undefined, runs);
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const count = failures.length + brokenOff;
  print(`${plans.length} storms, ${count} failed, ${minutes} min`);
  return count === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
