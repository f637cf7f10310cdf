import { z } from 'zod';
import { budgetsIn, budgetZone } from '../../jobs/cost-reading.ts';
import { type Budget, budgetOf, budgetText, type Scope, scopeName, shareOf } from '../../policy/costs/budgets.ts';
import { dayOf } from '../../policy/costs/days.ts';
import { parsePeriod } from '../../policy/costs/period.ts';
import { type By, GROUPINGS } from '../../policy/costs/report.ts';
import { actorOf } from '../../policy/identity.ts';
import { formatUsd, microUsd } from '../../policy/money.ts';
import { type Message, note } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { capital } from '../views/words.ts';
import { answerTo, type Question, questionToken, zoneOf } from './cost-answers.ts';
import { defineCommand, oneOf } from './declare.ts';
import { showsMoney } from './gate.ts';
import { UsageError } from './parse.ts';

/** The answer with what can be done with it. */
export async function answered(question: Question, asker: Asker, services: Services): Promise<Message> {
  const { message, empty } = await answerTo(question, asker.room, services);
  if (empty) return message;
  const token = questionToken(question);
  return {
    ...message,
    buttons: [
      ...message.buttons,
      ...(showsMoney(asker.place, services) ? [{ label: 'Share', token: `v1.share.${token}` }] : []),
      { label: 'CSV', token: `v1.csv.${token}` },
    ],
  };
}

const PERIODS = ['today', 'yesterday', '7d', '30d', 'month', 'last-month'];
const suggestPeriod = async (typed: string) =>
  PERIODS.filter((word) => word.startsWith(typed.toLowerCase())).map((value) => ({ name: value, value }));

/** `by person` and `why tue` read like sentences, and are typed like that. */
function read(typed: string): { period: string; by: By | null; why: boolean } {
  const asked = /\bby\s+(\S+)/i.exec(typed)?.[1]?.toLowerCase();
  if (asked !== undefined && !GROUPINGS.some((one) => one === asked)) {
    throw new UsageError(`by is one of ${GROUPINGS.join(', ')}, not ${asked.slice(0, 40)}.`);
  }
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== 'by');
  const by = GROUPINGS.find((one) => words.includes(one)) ?? null;
  const rest = words.filter((word) => word !== by);
  const why = rest[0] === 'why';
  return { period: (why ? rest.slice(1) : rest).join(' '), by, why };
}

export const cost = defineCommand({
  name: 'cost',
  summary: 'What was spent, by person, project, GPU type or pod; cost why <day> explains a day',
  args: z.strictObject({
    period: z
      .string()
      .trim()
      .max(60, { error: 'is too long' })
      .optional()
      .describe('today, yesterday, 7d, 30d, month, last-month, a day, or two with .. between'),
    by: oneOf(GROUPINGS).optional().describe('person, project, gpu or pod'),
    why: z
      .string()
      .trim()
      .min(1, { error: 'is empty' })
      .max(40, { error: 'is too long' })
      .optional()
      .describe('A day to explain: yesterday, tue, 2026-11-24'),
  }),
  positional: ['period', 'by'],
  access: 'money',
  outsideRooms: false,
  examples: ['cost', 'cost 7d project', 'cost 2026-11-01..2026-11-15 pod', 'cost why=yesterday'],
  suggest: { period: suggestPeriod, by: async () => GROUPINGS.map((value) => ({ name: value, value })) },
  async run(args, asker, services) {
    const typed = args.why === undefined ? read(args.period ?? '') : { period: args.why, by: null, why: true };
    const today = dayOf(services.clocks.now(), zoneOf(asker.room, services));
    const wanted = typed.period || (typed.why ? 'yesterday' : 'today');
    const period = parsePeriod(wanted, today);
    if ('problem' in period) throw new UsageError(`${wanted.slice(0, 60)} ${period.problem}.`);
    if (!typed.why) {
      const by = args.by ?? typed.by ?? 'person';
      return answered({ kind: 'cost', first: period.first, last: period.last, by }, asker, services);
    }
    if (period.first !== period.last) throw new UsageError('/pod cost why explains one day, such as yesterday or tue.');
    if (period.first === today) {
      throw new UsageError('Today is not over, so it cannot be compared with whole days yet: /pod cost why yesterday.');
    }
    return answered({ kind: 'why', day: period.first }, asker, services);
  },
});

export const balance = defineCommand({
  name: 'balance',
  summary: 'The balance, how long it lasts, and what the month will come to',
  args: z.strictObject({}),
  positional: [],
  access: 'money',
  outsideRooms: false,
  examples: ['balance'],
  run: (_, asker, services) => answered({ kind: 'balance' }, asker, services),
});

/** More than any team spends; what is beyond is a slip of the keyboard. */
const MAX_BUDGET_USD = 10_000_000;

/** `200`, `$200.50`, `none`. */
const amount = z
  .string()
  .trim()
  .regex(/^(\$?\d{1,8}(\.\d{1,2})?|none)$/i, {
    error: 'is an amount in USD such as 200 or 200.50 (no commas), or none',
  })
  .transform((text) => (text.toLowerCase() === 'none' ? null : microUsd(Number(text.replace('$', '')))))
  .refine((micro) => micro === null || micro <= microUsd(MAX_BUDGET_USD), { error: `is at most $${MAX_BUDGET_USD}` });

export const budget = defineCommand({
  name: 'budget',
  summary: 'Budgets and what is spent of them; with an amount, sets one',
  args: z.strictObject({
    of: z.string().trim().max(60, { error: 'is too long' }).optional().describe('team, a person, or a project'),
    day: amount.optional().describe('USD a day, or none'),
    month: amount.optional().describe('USD a month, or none'),
  }),
  positional: ['of'],
  access: 'money',
  outsideRooms: false,
  examples: ['budget', 'budget team day=200 month=4000', 'budget dana day=none'],
  suggest: {
    of: async (typed, { policy }) =>
      ['team', ...policy.people.map(({ key }) => key), ...policy.projects.map(({ name }) => name)]
        .filter((name) => name.includes(typed.toLowerCase()))
        .slice(0, 25)
        .map((value) => ({ name: value, value })),
  },
  async run({ of: typed, day, month }, asker, services) {
    const { of, none } = takenAway(typed ?? '');
    if (of === '' && day === undefined && month === undefined) return answered({ kind: 'budget' }, asker, services);
    const scope = scopeFor(of || 'team', services);
    if (none) return setBudget(scope, { day: null, month: null }, asker, services);
    // Without an amount nothing is set: all that there are are shown, this one among them.
    if (day === undefined && month === undefined) return answered({ kind: 'budget' }, asker, services);
    return setBudget(scope, { day, month }, asker, services);
  },
});

/** `bob none` takes his away; a bare number is asked about, since a day and a month differ thirtyfold. */
function takenAway(typed: string): { of: string; none: boolean } {
  const words = typed.split(/\s+/).filter((word) => word !== '');
  const last = words.at(-1)?.toLowerCase() ?? '';
  if (words.length > 1 && last === 'none') return { of: words.slice(0, -1).join(' '), none: true };
  if (words.length > 1 && /^\$?[\d.,]+$/.test(last)) {
    throw new UsageError(`Say whether that is a day's or a month's: day=${last} or month=${last}.`);
  }
  return { of: typed, none: false };
}

function scopeFor(word: string, { policy }: Services): Scope {
  const name = word.toLowerCase().replace(/^(set|project|person)\s+/, '');
  if (name === 'team') return 'team';
  const person = policy.people.find((one) => one.key === name || one.name.toLowerCase() === name);
  const project = policy.projects.find((one) => one.name === name);
  const asked = /^(project|person)\s/.exec(word.toLowerCase())?.[1];
  if (person && project && asked === undefined) {
    throw new UsageError(`${name} is a person and a project: say "person ${name}" or "project ${name}".`);
  }
  if (project && asked !== 'person') return `project ${project.name}`;
  if (person && asked !== 'project') return `person ${person.key}`;
  throw new UsageError(
    `${word.slice(0, 40)} is neither team, nor anybody under people, nor a project of the policy file.`,
  );
}

async function setBudget(
  scope: Scope,
  change: { day?: number | null | undefined; month?: number | null | undefined },
  asker: Asker,
  services: Services,
): Promise<Message> {
  // What everybody may spend is decided here: on rights as they are now.
  const { access, unread } = await asker.live('budget');
  if (unread !== null) return note('warn', unread);
  if (!access.may.has('budget')) {
    const why = access.why.get('budget') ?? 'no rule grants it';
    return note('bad', `You are not allowed to set budgets: it needs the right "budget" (${why}).`);
  }
  const { budgets, policy, clocks } = services;
  const base = budgetOf(policy.budgets.base, scope);
  let before = base;
  let next = base;
  const written = await budgets.change(scope, (set) => {
    before = set ?? base;
    next = {
      day: change.day === undefined ? before.day : change.day,
      month: change.month === undefined ? before.month : change.month,
    };
    const facts = { before: amountsText(before), after: amountsText(next) };
    const entry = { at: clocks.now(), kind: 'budget-set', actor: actorOf(asker.who), subject: scope, facts };
    return { next, entry };
  });
  const nameOf = (person: string) => policy.people.find(({ key }) => key === person)?.name ?? person;
  const now = written ? next : ((await budgets.all()).get(scope) ?? base);
  const was = written ? `; before: ${amountsText(before)}` : '';
  const said = `${capital(scopeName(scope, nameOf))} now has ${amountsText(now)}${was}.`;
  const read = await budgetsIn(budgetZone(policy), clocks.now(), { ...services, rules: policy.budgets });
  const mine = read === 'unread' ? [] : read.filter((state) => state.scope === scope);
  return note(
    mine.some((state) => shareOf(state) >= 1) ? 'warn' : 'good',
    said,
    ...mine.map((state) => `${capital(budgetText(state, nameOf))}.`),
  );
}

const amountsText = ({ day, month }: Budget): string =>
  [day === null ? null : `${formatUsd(day)} a day`, month === null ? null : `${formatUsd(month)} a month`]
    .filter((part) => part !== null)
    .join(' and ') || 'no budget';
