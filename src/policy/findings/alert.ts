import { formatUsd } from '../money.ts';
import type { Facts, FactsOf, Finding } from './finding.ts';

/** What whoever is on call reads on a phone, without any chat. */
export interface Alert {
  /** Stays the same for one finding, so that a pager shows it once. */
  id: string;
  title: string;
  /** ms since 1970 on Podwarden's clock. */
  at: number;
  rule: string;
  over: boolean;
}

export function alertOf({ id, facts, rule, levelAt, page }: Finding): Alert {
  return { id, title: titleOf(facts), at: levelAt, rule, over: page === 'over' };
}

const BLIND: Partial<Record<FactsOf<'blind'>['what'], string>> = {
  emptied: 'Podwarden: Redis was emptied; open requests are lost',
  'rolled-back': 'Podwarden: Redis went back to an older state; open requests are void',
};

function titleOf(facts: Facts): string {
  switch (facts.rule) {
    case 'burn-jump':
      return `RunPod burn is ${formatUsd(facts.perHour)}/h`;
    case 'runway':
      return `RunPod balance ${formatUsd(facts.balance)} reaches $0 at ${new Date(facts.zeroAt).toISOString().slice(0, 16)}Z: ${facts.terminated.length} pods lose their data`;
    case 'auto-pay':
      return `RunPod auto-pay does not keep up: ${formatUsd(facts.balance)} left`;
    case 'stale':
      return `RunPod may remove the stopped pod ${facts.pod.name} within a day, with ${facts.losesGb} GB`;
    case 'blind':
      return BLIND[facts.what] ?? `Podwarden is blind (${facts.what})`;
    default:
      return `Podwarden: ${facts.rule}`;
  }
}
