import type { Finding } from '../findings/finding.ts';
import { costOver, type MicroUsd, type MicroUsdPerHour } from '../money.ts';
import { AGREE, APART_MS } from './believe.ts';
import type { AccountMemory, BalanceSource, ScanMemory, TopUp } from './memory.ts';

export interface BalanceRead {
  balance: MicroUsd;
  /** Null: the source does not tell, so it is what it was. */
  postpaid: boolean | null;
  source?: BalanceSource;
}

const DAY = 86_400_000;
/** Top-ups of the last 14 days are remembered, and so are peaks of the burn. */
export const REMEMBERED_MS = 14 * DAY;
/** What a balance may differ from last balance minus burn: RunPod bills every five minutes, and burn changes between. */
const MARGIN: MicroUsd = 500_000;
const MARGIN_SHARE = 0.25;

/** What people said of the account. */
interface Announced {
  /** Somebody lately promised to top up. */
  promised?: boolean;
  /** `warnings.postpaid` of the policy file. */
  declared?: boolean | null;
}

/**
 * What is believed of the balance. One that the burn does not explain is doubted until three scans agree; one of $0 or
 * less while pods run contradicts itself, so that no number of reads makes it true.
 */
export function believeBalance(
  before: AccountMemory | null,
  read: BalanceRead | null,
  burn: { before: MicroUsdPerHour; now: MicroUsdPerHour; compute: MicroUsdPerHour },
  at: number,
  { promised = false, declared = null }: Announced = {},
): AccountMemory | null {
  if (read === null) return before && { ...before, declared };
  const { balance, source = null } = read;
  const postpaid = read.postpaid ?? before?.postpaid ?? false;
  const afterwards = billedAfterwards({ postpaid, declared });
  const impossible = balance <= 0 && burn.compute > 0 && !afterwards;
  const fresh: AccountMemory = { balance, postpaid, declared, source, readAt: at, doubt: null, topUps: [] };
  if (before === null) return impossible ? null : fresh;
  const topUps = before.topUps.filter((rise) => at - rise.at < REMEMBERED_MS);
  const believed: AccountMemory = { ...fresh, topUps };
  const spent = { least: Math.min(burn.before, burn.now), most: Math.max(burn.before, burn.now) };
  if (afterwards || fits(balance, before.balance, spent, at - before.readAt)) return believed;
  const { doubt } = before;
  const agrees = doubt !== null && fits(balance, doubt.balance, spent, at - doubt.at);
  if (agrees && at - doubt.at < APART_MS) return { ...before, postpaid, declared, topUps };
  const reads = agrees ? doubt.reads + 1 : 1;
  if (reads >= AGREE && !impossible) {
    const expected = before.balance - costOver(burn.before, at - before.readAt);
    const rise: TopUp[] = balance > expected ? [{ at, from: expected, amount: balance - expected, promised }] : [];
    return { ...believed, topUps: [...topUps, ...rise] };
  }
  return { ...before, postpaid, declared, topUps, doubt: { balance, at, reads } };
}

/** Burn may have changed at any moment in between. */
function fits(
  balance: MicroUsd,
  before: MicroUsd,
  { least, most }: { least: MicroUsdPerHour; most: MicroUsdPerHour },
  ms: number,
): boolean {
  const lowest = before - costOver(most, ms) * (1 + MARGIN_SHARE) - MARGIN;
  const highest = before - costOver(least, ms) * (1 - MARGIN_SHARE) + MARGIN;
  return balance >= lowest && balance <= highest;
}

/** Whether $0 ends nothing: by the policy file, else as RunPod says. */
export const billedAfterwards = ({ postpaid, declared }: Pick<AccountMemory, 'postpaid' | 'declared'>): boolean =>
  declared ?? postpaid;

/** The balance as it must be by now: what was last believed minus what has been metered since. */
export function balanceAt(account: AccountMemory, burn: MicroUsdPerHour, now: number): MicroUsd {
  return account.balance - costOver(burn, Math.max(0, now - account.readAt));
}

/** Amounts of one auto-pay setting differ by what was spent around it. */
const ALIKE = 0.25;

/** Two rises in 14 days that nobody here explains, and that are of one size, look like auto-pay. */
export function paysItself({ topUps }: AccountMemory, declared: boolean | null): boolean {
  if (declared !== null) return declared;
  const alone = topUps.filter(({ promised }) => !promised);
  return alone.some((one, i) =>
    alone
      .slice(i + 1)
      .some((other) => Math.abs(other.amount - one.amount) <= ALIKE * Math.max(one.amount, other.amount)),
  );
}

/** The highest burn of each day, for 14 days and today. Micro-dollars an hour. */
export function withPeak(peaks: ScanMemory['peaks'], burn: MicroUsdPerHour, at: number): ScanMemory['peaks'] {
  const today = at - (at % DAY);
  const kept = Object.entries(peaks).filter(([day]) => today - Number(day) <= REMEMBERED_MS);
  return { ...Object.fromEntries(kept), [today]: Math.max(burn, peaks[today] ?? 0) };
}

/** A jump of the burn that people know of, as of this scan. */
export function withJump(
  jumped: ScanMemory['jumped'],
  open: readonly Pick<Finding, 'facts'>[],
  at: number,
): ScanMemory['jumped'] {
  const found = open.find(({ facts }) => facts.rule === 'burn-jump')?.facts;
  return found?.rule === 'burn-jump' ? { at, perHour: found.perHour } : jumped;
}

/** The peak of the last 14 days; null where nothing is remembered. */
export function peakOf(peaks: ScanMemory['peaks']): MicroUsdPerHour | null {
  const all = Object.values(peaks);
  return all.length === 0 ? null : Math.max(...all);
}
