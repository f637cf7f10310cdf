/** `down` with `retryAfter` says when to come back, seconds. */
export type ApiTrouble =
  | { kind: 'down'; retryAfter?: number }
  | { kind: 'slow'; ms: number }
  | { kind: '429'; seconds: number };

/** One row of a list that is not as the document has it. */
export interface RowFault {
  /** Id or name of the row; null for the first of the list. */
  of: string | null;
  /** Path in it, such as `gpu.count`. */
  field: string;
  /** Undefined: the field is missing. */
  value: unknown;
}

/** Switches for what goes wrong. Each value is as the demo's `fault NAME=VALUE` step gives it. */
export interface Faults {
  capacity: 'none' | null;
  /** Real ms; the pod exists at the end even if the caller is gone. */
  createDelayMs: number;
  /** Hits the next create only. */
  create: '500-before' | '500-after' | 'timeout' | null;
  start: 'no-gpu' | 'zero-gpu' | null;
  /** Hits the next DELETE only; `cut` carries it out and closes the connection without an answer. */
  terminate: '404' | '409' | '500-before' | '500-after' | 'cut' | null;
  funds: '402' | null;
  /** `cdn`: a page from something in between, which never reaches RunPod. `revoked`: RunPod does not know the key any more. */
  api: ApiTrouble | { kind: 'cdn' } | { kind: 'revoked' } | null;
  /** Real ms for which a new pod is missing from lists. */
  listLagMs: number;
  staleRuntime: boolean;
  exitedCost: 'zero' | 'kept';
  spot: 'offered' | 'gone' | 'no-price';
  /** What lists of pods show instead of all: nothing, or every second. */
  list: 'empty' | 'half' | null;
  /** What is said of the balance instead of the truth, USD. */
  balanceSaid: number | null;
  /** GraphQL answers 410 or 500. */
  graphql: 'gone' | 'down' | null;
  /** v2 tells the balance too, or answers 500 where it would. */
  balanceApi: boolean | 'down';
  /** What all of v2's billing answers instead of records. */
  billing: 'down' | 'forbidden' | null;
  /** How far billing is behind the account, ms on its clock. */
  billingLagMs: number;
  /** One row of a list that is not as the document has it: of pods, GPU types, volumes, and the bill's pods and sums. */
  podRow: RowFault | null;
  gpuRow: RowFault | null;
  volumeRow: RowFault | null;
  billRow: RowFault | null;
  sumRow: RowFault | null;
  /** Day that a `Sunset` header names. */
  sunset: string | null;
}

export const NO_FAULTS: Faults = {
  capacity: null,
  createDelayMs: 0,
  create: null,
  start: null,
  terminate: null,
  funds: null,
  api: null,
  listLagMs: 0,
  staleRuntime: false,
  exitedCost: 'zero',
  spot: 'offered',
  list: null,
  balanceSaid: null,
  graphql: null,
  balanceApi: false,
  billing: null,
  billingLagMs: 0,
  podRow: null,
  gpuRow: null,
  volumeRow: null,
  billRow: null,
  sumRow: null,
  sunset: null,
};
