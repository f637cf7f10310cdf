import { budgetsIn, budgetZone } from '../../jobs/cost-reading.ts';
import { beyondBudget, budgetText, type PassedBudget, type Running, type Scope } from '../../policy/costs/budgets.ts';
import { projectOfPod } from '../../policy/costs/projects.ts';
import { type FleetPod, isBilling } from '../../policy/fleet.ts';
import type { Place } from '../../policy/identity.ts';
import { overLimit, reservedRate } from '../../policy/launch.ts';
import { OPEN, type Row } from '../../policy/ledger.ts';
import { formatUsd } from '../../policy/money.ts';
import { ownerOf } from '../../policy/ownership.ts';
import { ownerKey } from '../../policy/pod-names.ts';
import type { Judge } from '../../store/ledger.ts';
import type { Services } from '../services.ts';
import { capital } from '../views/words.ts';

/** The budget that stands in the way; `unread`: there are some, and what is spent of them is not known yet. */
export type Passed = PassedBudget | 'unread';

export interface Gate {
  judge: Judge;
  /** What the judge said last was about this budget; null where it was about something else. */
  passed(): Passed | null;
}

/**
 * The team's limits and budgets, for whatever this row is about to hold; pods that were made elsewhere count too, for whom
 * they are by name or claim. A launch that somebody allowed passes budgets, once.
 */
export async function gateFor(row: Row, rate: number, services: Services): Promise<Gate> {
  const { policy, costs, budgets, clocks, snapshots, owners } = services;
  const [fleet, { claims, isUnclear }, states] = await Promise.all([
    snapshots.fleet(),
    owners.known(),
    budgetsIn(budgetZone(policy), clocks.now(), { costs, budgets, rules: policy.budgets }),
  ]);
  const up = (fleet?.pods ?? []).filter(isBilling);
  const gpuCount = row.spec?.gpuCount ?? row.facts?.gpuCount ?? 1;
  const allowed = row.podId === null && row.ask?.allowedBy != null;
  // A stopped pod is started as it is asked about nowhere: only a refusal holds it up.
  const judges = !allowed && (row.podId === null || policy.budgets.beyond === 'refuse');
  const runningOf = (of: { row: Row | null; pod: Pick<FleetPod, 'id' | 'name'> | null }, per: number): Running => {
    const id = of.row?.podId ?? of.pod?.id ?? '';
    const name = of.row?.facts?.name ?? of.pod?.name ?? of.row?.spec?.middle ?? '';
    const owner = ownerOf(name, { claim: claims.get(id), row: of.row, people: policy.people });
    return {
      person: ownerKey(owner ?? (of.row?.podId === null ? of.row.by : null)),
      project: projectOfPod(name, of.row, policy.projects),
      microUsdPerHour: per,
    };
  };
  let passed: Passed | null = null;
  const judge: Judge = (open) => {
    passed = null;
    const known = new Set(open.map((other) => other.podId));
    const elsewhere = up.filter((pod) => !known.has(pod.id) && pod.id !== row.podId);
    const held = [
      ...holdings(open),
      ...elsewhere.map((pod) => ({ holder: null, microUsdPerHour: pod.microUsdPerHour })),
    ];
    const over = overLimit({ gpuCount, rate }, holderOf(row), held, policy.limits);
    if (over !== null || !judges) return over;
    const podIds = [...open.filter(holds).map(({ podId }) => podId), ...elsewhere.map(({ id }) => id)];
    const isAnybodys = podIds.some((podId) => podId !== null && isUnclear(podId));
    if (states === 'unread' || (isAnybodys && states.some(isPersons))) passed = 'unread';
    else {
      const running = [
        ...open.filter(holds).map((other) => runningOf({ row: other, pod: null }, rateOf(other))),
        ...elsewhere.map((pod) => runningOf({ row: null, pod }, pod.microUsdPerHour)),
      ];
      passed = beyondBudget(runningOf({ row, pod: null }, rate), running, states);
    }
    return passed === null ? null : 'It would pass a budget.';
  };
  return { judge, passed: () => passed };
}

/** The budget in words; without its amounts for whoever may not see money. */
export function beyondText(passed: Passed, seesMoney: boolean, { policy }: Services): string {
  if (passed === 'unread')
    return 'How the budgets stand is not known yet: RunPod’s bill is read within minutes. If this goes on, /pod health says why.';
  const nameOf = (person: string) => policy.people.find(({ key }) => key === person)?.name ?? person;
  if (!seesMoney) return 'It would pass a budget.';
  const hour = formatUsd(passed.hour);
  return `${capital(budgetText(passed, nameOf))}, and with this the next hour of what is up comes to ${hour}.`;
}

/** Whether a channel may show what is spent. */
export function showsMoney({ chat, channel }: Place, { policy }: Pick<Services, 'policy'>): boolean {
  const channels = policy.rooms.flatMap((room) => room.channels);
  return channels.some((one) => one.chat === chat && one.channel === channel && one.money);
}

const isPersons = ({ scope }: { scope: Scope }): boolean => scope.startsWith('person ');

const holderOf = (row: Row): string => row.by.person ?? row.by.account;

/** What is up or coming up; a pod that is off holds its disk, not its rate, and one that waits for somebody nothing. */
const holds = ({ status }: Row): boolean => OPEN.includes(status) && status !== 'stopped' && status !== 'asking';
const rateOf = (row: Row): number => row.facts?.microUsdPerHour ?? (row.spec ? reservedRate(row.spec) : 0);

const holdings = (open: readonly Row[]) =>
  open.filter(holds).map((row) => ({
    holder: row.spec === null ? null : holderOf(row),
    microUsdPerHour: rateOf(row),
  }));
