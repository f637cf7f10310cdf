import type { Trouble } from './ledger.ts';

/** What RunPod's refusal of a create or start means, as the client classifies it. */
export type RefusalCause =
  | 'capacity'
  | 'funds'
  | 'no-gpu-on-host'
  | 'access'
  | 'not-found'
  | 'conflict'
  | 'invalid'
  | 'spot-gone'
  | 'other';

const KINDS: Partial<Record<RefusalCause, Trouble['kind']>> = {
  capacity: 'no-capacity',
  funds: 'no-funds',
  'no-gpu-on-host': 'no-gpu-on-host',
  access: 'access',
  'spot-gone': 'spot-gone',
};

export function troubleOf(cause: RefusalCause, detail: string): Trouble {
  return { kind: KINDS[cause] ?? 'refused', detail, onDemandMicroUsdPerHour: null };
}
