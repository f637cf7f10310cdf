const HOUR = 3_600_000;

/** What an account is billed for, by the last word of the path under which RunPod tells it. */
export type Product = 'pods' | 'serverless' | 'endpoints' | 'network-volumes' | 'clusters';
/** USD by component, named as in RunPod's replies without `Amount`. */
export type Amounts = Partial<Record<Component, number>>;
export type Component =
  | 'gpu'
  | 'cpu'
  | 'disk'
  | 'fee'
  | 'standard'
  | 'highPerformance'
  | 'endpoint'
  | 'networking'
  /** Told by the total alone: what no other component of the document covers. */
  | 'unnamed';

export interface Page {
  product: Product;
  id: string;
  /** By the hour's beginning, ms. */
  hours: Map<number, Amounts>;
}

/** What was charged, by resource and by the hours in which it was; survives deletion. */
export class Book {
  readonly pages = new Map<string, Page>();

  note(product: Product, id: string, ratesPerHour: Amounts, from: number, until: number): void {
    const page = this.pages.get(`${product} ${id}`) ?? { product, id, hours: new Map() };
    for (let start = from - (from % HOUR); start < until; start += HOUR) {
      const share = (Math.min(until, start + HOUR) - Math.max(from, start)) / HOUR;
      const known = page.hours.get(start) ?? {};
      for (const [name, rate] of Object.entries(ratesPerHour) as [Component, number][]) {
        known[name] = (known[name] ?? 0) + rate * share;
      }
      page.hours.set(start, known);
    }
    this.pages.set(`${product} ${id}`, page);
  }

  /** USD of one resource over its whole life. */
  total(product: Product, id: string): Amounts {
    const sum: Amounts = {};
    for (const hour of this.pages.get(`${product} ${id}`)?.hours.values() ?? []) add(sum, hour);
    return sum;
  }

  /** USD of everything since an hour's beginning, ms. */
  since(start: number): number {
    let sum = 0;
    for (const { hours } of this.pages.values()) {
      for (const [hour, amounts] of hours) if (hour >= start) sum += sumOf(amounts);
    }
    return sum;
  }
}

export function add(to: Amounts, amounts: Amounts): void {
  for (const [name, usd] of Object.entries(amounts) as [Component, number][]) to[name] = (to[name] ?? 0) + usd;
}

export const sumOf = (amounts: Amounts): number => Object.values(amounts).reduce((a, b) => a + b, 0);
