import { type Finding, type Hit, keyOf } from '../policy/findings/finding.ts';
import { type Settling, settle } from '../policy/findings/settle.ts';
import type { Step } from '../store/findings.ts';
import type { GovernedContext } from './approvals.ts';
import { announceFinding, type pageOut, type pageOutByBot } from './names.ts';

/** The steps that follow for open findings of which `judged` are decided by these hits. */
export function stepsFor(
  open: readonly Finding[],
  judged: (finding: Finding) => boolean,
  hits: readonly Hit[],
  when: Settling,
): Step[] {
  const mine = open.filter(judged);
  const before = new Map(mine.map((finding) => [keyOf(finding), finding]));
  return settle(mine, hits, when).map((after) => ({ before: before.get(keyOf(after)) ?? null, after }));
}

export type Telling = Pick<GovernedContext, 'enqueue' | 'log'> & {
  /** Which part tells the critical webhook. */
  pages: typeof pageOut | typeof pageOutByBot;
};

/** What must follow from steps that are written: their cards, and whoever is to be paged. */
export async function tellSteps(steps: readonly Step[], context: Telling): Promise<void> {
  for (const { before, after } of steps) {
    if (before?.status !== after.status || before.level !== after.level) {
      const { rule, subject, status, level, severity } = after;
      context.log.info({ finding: after.id, rule, subject, status, level, severity }, 'finding moved');
    }
    if (after.page !== after.paged) await pageFor(after.id, context);
  }
  const cards = new Set(steps.filter(({ after }) => after.told).map(({ after }) => after.card));
  for (const card of cards) await tellCard(card, context);
}

/** Owed until the webhook has taken it: the tick asks for it again. */
export const pageFor = (finding: string, { enqueue, pages }: Pick<Telling, 'enqueue' | 'pages'>): Promise<void> =>
  enqueue(pages, { finding }, { id: `${pages.name}-${finding}` });

export const tellCard = (card: string, { enqueue }: Pick<GovernedContext, 'enqueue'>): Promise<void> =>
  enqueue(announceFinding, { card }, { id: `${announceFinding.name}-${card}` });
