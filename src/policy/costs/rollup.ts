import type { PersonRef } from '../identity.ts';
import { type Amounts, addTo, type Product, sumOf } from './amounts.ts';
import type { CostDay, CostLine, Savings } from './day.ts';
import type { Cut, Day } from './days.ts';
import { type BilledHour, HOUR_MS, isFinal, type MeteredHour } from './hours.ts';

/** What our books say of a resource. */
export interface Known {
  name: string;
  owner: PersonRef | null;
  project: string | null;
  gpu: string | null;
  orphan: boolean;
  /** For a spot pod: what it costs, and what it would on-demand; micro-dollars an hour. */
  spot: { rate: number; onDemand: number } | null;
}

/** A pod that somebody stopped or terminated here. Rates in micro-dollars an hour. */
export interface Ending {
  kind: 'stops' | 'terminations';
  at: number;
  /** While it was up. */
  rate: number;
  /** Since. */
  after: number;
}

export interface RollUp {
  day: Day;
  zone: string;
  cut: Cut;
  now: number;
  billed(start: number): BilledHour | null;
  metered(start: number): MeteredHour | null;
  known(product: Product, id: string): Known;
  endings: readonly Ending[];
}

interface Tally {
  product: Product;
  id: string | null;
  usd: Amounts;
  stopped: number;
  idle: number;
}

class Tallies {
  readonly all = new Map<string, Tally>();
  total = 0;

  of(product: Product, id: string | null): Tally {
    const key = `${product} ${id ?? ''}`;
    const known = this.all.get(key) ?? { product, id, usd: {}, stopped: 0, idle: 0 };
    this.all.set(key, known);
    return known;
  }

  /** Amounts in USD. */
  add(product: Product, id: string | null, usd: Amounts): void {
    addTo(this.of(product, id).usd, usd);
  }

  billed({ total, products, parts }: BilledHour): void {
    this.total += total;
    let named = 0;
    const rest = new Map<Product, Amounts>();
    for (const [product, usd] of Object.entries(products) as [Product, Amounts][]) {
      rest.set(product, { ...usd });
      named += sumOf(usd);
    }
    for (const [product, id, usd] of parts) {
      this.add(product, id, usd);
      addTo(rest.get(product) ?? {}, negative(usd));
      const off = product === 'pods' && (usd.gpu ?? 0) + (usd.cpu ?? 0) === 0;
      if (off) this.of(product, id).stopped += usd.disk ?? 0;
    }
    for (const [product, usd] of rest) this.add(product, null, usd);
    this.add('other', null, { flat: total - named });
  }

  metered({ parts }: MeteredHour): void {
    for (const { product, id, amounts: micro } of parts) {
      const usd = Object.fromEntries(Object.entries(micro).map(([name, amount]) => [name, amount / MICRO])) as Amounts;
      this.add(product, product === 'other' ? null : id, usd);
      this.total += sumOf(usd);
      if (product === 'pods' && (micro.gpu ?? 0) === 0) this.of(product, id).stopped += usd.disk ?? 0;
    }
  }
}

const MICRO = 1_000_000;
const negative = (usd: Amounts): Amounts =>
  Object.fromEntries(Object.entries(usd).map(([name, amount]) => [name, -amount])) as Amounts;

/** Hours of a day to its lines. The only place where RunPod's doubles become whole micro-dollars. */
export function rollUp(of: RollUp): CostDay {
  const { cut, now } = of;
  const tallies = new Tallies();
  const count = { hours: 0, estimated: 0, unknown: 0 };
  let settled = true;
  let readAt = 0;
  for (let start = cut.from; start < cut.to && start <= now; start += HOUR_MS) {
    count.hours += 1;
    const metered = of.metered(start);
    const billed = believed(of.billed(start), metered, start, now);
    readAt = Math.max(readAt, billed?.readAt ?? 0);
    settled &&= billed !== null && isFinal(start, billed.readAt);
    if (billed) tallies.billed(billed);
    else if (metered) tallies.metered(metered);
    if (!billed) count[metered ? 'estimated' : 'unknown'] += 1;
    for (const { product, id, idle } of metered?.parts ?? []) if (idle > 0) tallies.of(product, id).idle += idle;
  }
  const lines = [...tallies.all.values()].map((tally) => lineOf(tally, of)).filter(isSomething);
  const total = Math.round(tallies.total * MICRO);
  return {
    zone: of.zone,
    day: of.day,
    ...cut,
    readAt,
    final: now >= cut.to && settled,
    ...count,
    total,
    lines: closed(lines, total),
    saved: savedBy(of),
  };
}

/** An hour is billed some minutes later, rarely some hours. */
const BILLED_LATE_MS = 12 * HOUR_MS;
/** Hours that still run are read this often: what was read longer ago is the beginning of an hour. */
const STALE_MS = 20 * 60_000;
const MICRO_CENT = 10_000;

/** A bill that was read too early, or is far below what scans saw, is not the hour's bill yet. */
function believed(
  billed: BilledHour | null,
  metered: MeteredHour | null,
  start: number,
  now: number,
): BilledHour | null {
  if (billed === null || metered === null) return billed;
  const seen = metered.parts.reduce((sum, { amounts: micro }) => sum + sumOf(micro), 0);
  const end = start + HOUR_MS;
  const begun = billed.readAt < end && now - billed.readAt > STALE_MS && billed.total * MICRO < seen;
  const late = now - end <= BILLED_LATE_MS && seen > MICRO_CENT && billed.total * MICRO < seen / 2;
  return begun || late ? null : billed;
}

function lineOf({ product, id, usd, stopped, idle }: Tally, { known }: RollUp): CostLine {
  const micro = Object.fromEntries(
    Object.entries(usd).flatMap(([name, amount]) => {
      const rounded = Math.round(amount * MICRO);
      return rounded === 0 ? [] : [[name, rounded]];
    }),
  ) as Amounts;
  const { spot, ...who } = id === null ? NOBODYS : known(product, id);
  const gpu = micro.gpu ?? 0;
  return {
    product,
    id,
    ...who,
    // What bills a CPU has no GPU, whatever is known of it.
    gpu: micro.cpu === undefined ? who.gpu : null,
    amounts: micro,
    stopped: Math.round(stopped * MICRO),
    idle: Math.min(Math.round(idle), gpu),
    savedBySpot: spot && spot.rate > 0 ? Math.max(0, Math.round(gpu * (spot.onDemand / spot.rate - 1))) : 0,
  };
}

const NOBODYS: Known = { name: '', owner: null, project: null, gpu: null, orphan: false, spot: null };
const isSomething = ({ amounts: of }: CostLine): boolean => Object.keys(of).length > 0;

/** What rounding each line left over goes where everything goes that belongs to nobody. */
function closed(lines: readonly CostLine[], total: number): CostLine[] {
  const rest = total - lines.reduce((sum, line) => sum + sumOf(line.amounts), 0);
  if (rest === 0) return [...lines];
  const isOther = ({ product, id }: CostLine) => product === 'other' && id === null;
  const before = lines.find(isOther);
  const { spot: _, ...nobodys } = NOBODYS;
  const flat = (before?.amounts.flat ?? 0) + rest;
  const other: CostLine = {
    product: 'other',
    id: null,
    ...nobodys,
    amounts: flat === 0 ? {} : { flat },
    stopped: 0,
    idle: 0,
    savedBySpot: 0,
  };
  return [...lines.filter((line) => !isOther(line)), other].filter(isSomething);
}

/** A pod that was ended is taken to have run on for so long, had nobody ended it. */
const SAVES_MS = 86_400_000;

function savedBy({ endings, cut, now }: RollUp): Savings {
  const saved: Savings = { stops: 0, terminations: 0 };
  for (const { kind, at, rate, after } of endings) {
    const from = Math.max(at, cut.from);
    const to = Math.min(at + SAVES_MS, cut.to, now);
    if (to > from) saved[kind] += Math.max(0, Math.round(((rate - after) * (to - from)) / HOUR_MS));
  }
  return saved;
}
