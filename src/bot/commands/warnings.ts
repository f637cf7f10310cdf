import { z } from 'zod';
import { tellCard } from '../../jobs/tell-findings.ts';
import { type Finding, subjectName } from '../../policy/findings/finding.ts';
import { type FindingMove, snoozed } from '../../policy/findings/moves.ts';
import { MONEY_RULES } from '../../policy/findings/thresholds.ts';
import { bare } from '../../policy/identity.ts';
import { type Message, note } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { warningsList } from '../views/findings/list.ts';
import { wordsFor } from '../views/findings/words.ts';
import { defineCommand, oneOf } from './declare.ts';
import { namedPods, suggestPods } from './pods.ts';

export const warnings = defineCommand({
  name: 'warnings',
  summary: 'What is warned of now',
  args: z.strictObject({ whose: oneOf(['mine', 'all']).optional().describe('mine (and the account’s own) or all') }),
  positional: ['whose'],
  access: 'view',
  outsideRooms: false,
  examples: ['warnings', 'warnings all'],
  suggest: { whose: async () => ['mine', 'all'].map((value) => ({ name: value, value })) },
  async run({ whose }, asker, services) {
    const open = await services.findings.open();
    const mine = open.filter(({ owner }) => owner === null || asker.accounts.includes(bare(owner.account)));
    return warningsList(whose === 'all' ? open : mine, open.length, whose === 'all', asker.access.may.has('money'));
  },
});

const DAY = 86_400_000;
/** `change` is until it changes. */
export const SNOOZES = ['1d', '7d', 'change'] as const;
export type SnoozeFor = (typeof SNOOZES)[number];

export const snooze = defineCommand({
  name: 'snooze',
  summary: 'Be quiet about a pod’s warnings for a while',
  args: z.strictObject({
    pod: z
      .string()
      .trim()
      .min(1, { error: 'is empty' })
      .max(200, { error: 'is too long' })
      .describe('Name, id, or the beginning of one; balance for the account’s'),
    until: oneOf(SNOOZES).optional().describe('1d, 7d, or change (until it changes)'),
  }),
  positional: ['pod', 'until'],
  oneWord: true,
  access: 'stop',
  outsideRooms: false,
  examples: ['snooze run7', 'snooze run7 7d', 'snooze balance 1d'],
  suggest: {
    pod: suggestPods,
    until: async () => SNOOZES.map((value) => ({ name: value === 'change' ? 'until it changes' : value, value })),
  },
  async run({ pod: word, until }, asker, services) {
    const open = await services.findings.open();
    const found = await meant(word, open, services);
    if (found.length === 0) return note('info', 'Nothing is warned of there. /pod warnings all shows everything.');
    return snoozeAll(found, until ?? '1d', asker, services);
  },
});

/** Of a pod, of the balance, or of whatever else a warning is about, by its name. */
async function meant(word: string, open: readonly Finding[], services: Services): Promise<Finding[]> {
  const name = word.toLowerCase();
  if (name === 'balance') return open.filter(({ rule }) => MONEY_RULES.includes(rule));
  const called = open.filter((finding) => !('pod' in finding.facts) && subjectName(finding).toLowerCase() === name);
  if (called.length > 0) return called;
  const pods = (await namedPods(word, services)).map(({ id }) => id);
  return open.filter(({ subject }) => pods.includes(subject));
}

export function snoozeUntil(choice: SnoozeFor, now: number): number | null {
  if (choice === 'change') return null;
  return now + (choice === '7d' ? 7 : 1) * DAY;
}

export async function snoozeAll(
  found: readonly Finding[],
  choice: SnoozeFor,
  asker: Asker,
  services: Services,
): Promise<Message> {
  const now = services.clocks.now();
  const moved = await moveAll(found, snoozed(asker.who, snoozeUntil(choice, now), now), services);
  if (moved.length === 0) return note('info', 'That is over already.');
  const shorter = choice !== '1d' && moved.some(({ severity }) => severity === 'critical');
  const length = choice === 'change' ? 'until it changes' : `for ${choice === '7d' ? '7 days' : '1 day'}`;
  const count =
    moved.length === 1
      ? `: ${wordsFor((moved[0] as Finding).facts, asker.access.may.has('money')).title()}`
      : ` (${moved.length} warnings)`;
  return note(
    'good',
    `Quiet ${length}${count}.${shorter ? ' What may lose data within a day is quiet for one day.' : ''}`,
  );
}

/** Those that moved; each card is then edited. */
export async function moveAll(found: readonly Finding[], move: FindingMove, services: Services): Promise<Finding[]> {
  const moved: Finding[] = [];
  for (const { id } of found) {
    const result = await services.findings.move(id, move);
    if (result?.moved) moved.push(result.finding);
  }
  for (const card of new Set(moved.map((finding) => finding.card))) await tellCard(card, services);
  return moved;
}
