/**
 * Money is an integer of micro-dollars (1 USD = 1,000,000). Rates carry their unit in the name.
 * Rounding to cents happens only here, when text is made.
 */
export type MicroUsd = number;
export type MicroUsdPerHour = number;
export type MicroUsdPerGbMonth = number;

const MICRO = 1_000_000;
/** RunPod bills storage per GB-month of 730 hours. Source: docs.runpod.io, pods/pricing. */
export const HOURS_PER_MONTH = 730;

/** USD as RunPod's JSON carries it (a double) to whole micro-dollars. */
export function microUsd(usd: number): MicroUsd {
  return Math.round(usd * MICRO);
}

/** What `gb` gigabytes cost an hour at a monthly price. */
export function storagePerHour(gb: number, rate: MicroUsdPerGbMonth): MicroUsdPerHour {
  return Math.round((gb * rate) / HOURS_PER_MONTH);
}

/** What `gb` gigabytes cost a day: from the month's price, not from the rounded hour. */
export function storagePerDay(gb: number, rate: MicroUsdPerGbMonth): MicroUsd {
  return Math.round((gb * rate * 24) / HOURS_PER_MONTH);
}

/** What `gb` gigabytes cost over `ms` milliseconds at a monthly price. */
export function storageOver(gb: number, rate: MicroUsdPerGbMonth, ms: number): MicroUsd {
  return Math.round((gb * rate * ms) / (HOURS_PER_MONTH * 3_600_000));
}

/** Cost of `ms` milliseconds at an hourly rate. */
export function costOver(rate: MicroUsdPerHour, ms: number): MicroUsd {
  return Math.round((rate * ms) / 3_600_000);
}

/** `$0.33`, `-$4.00`, `$1,204.50`; below one cent four digits, so that a small rate never reads as nothing. */
export function formatUsd(amount: MicroUsd): string {
  const size = Math.abs(amount);
  const digits = size > 0 && size < 10_000 ? 4 : 2;
  const text = (size / MICRO).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${amount < 0 ? '-' : ''}$${text}`;
}
