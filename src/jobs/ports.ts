import type { BilledHour, HourWindow } from '../policy/costs/hours.ts';
import type { FleetPod } from '../policy/fleet.ts';
import type { RefusalCause } from '../policy/launch-error.ts';
import type { LaunchSpec } from '../policy/ledger.ts';
import type { MicroUsd } from '../policy/money.ts';
import type { BalanceSource } from '../policy/scan/memory.ts';
import type { Partly, Unread } from '../policy/unread.ts';

/** What jobs need of RunPod. Money in micro-dollars, times as RunPod gives them. */
export interface PodProvider {
  list(signal: AbortSignal, read?: ReadOptions): Promise<PodsList>;
  /**
   * Null: RunPod says there is no such pod, which one read does not prove. `guessed` names what this read did not show: the
   * last confirmed value, or a guess, stands there.
   */
  get(podId: string, signal: AbortSignal, read?: ReadOptions): Promise<Partly<FleetPod> | null>;
  /** From the other API, with its sentence on each pod's last end, or `retired` where that is gone for good. */
  otherList(signal: AbortSignal): Promise<OtherPod[] | 'retired'>;
  networkVolumes(signal: AbortSignal): Promise<VolumesRead>;
  /** `retired`: no API tells it any more. */
  account(signal: AbortSignal): Promise<AccountRead | 'retired'>;
  /** What was billed in each hour of the window that has begun by `now`, also where that is nothing. */
  billing(window: HourWindow, now: number, signal: AbortSignal): Promise<BillingRead>;
  /** The end of the last hour that bills compute for it, ms since 1970; null where none since then does. */
  lastCompute(podId: string, since: number, signal: AbortSignal): Promise<number | null>;
  /** What a `Sunset` header announced of a call that is in use, in RunPod's words; null for nothing. */
  sunset(): string | null;
  /** Sent once. `bid` is micro-dollars per GPU-hour; null creates on-demand. Gives the new pod's id. */
  create(spec: LaunchSpec, name: string, bid: MicroUsd | null, signal: AbortSignal): Promise<string>;
  stop(podId: string, signal: AbortSignal): Promise<void>;
  start(podId: string, signal: AbortSignal): Promise<void>;
  /** Sent once, never repeated in here. Accepted, not proven; `absent`: RunPod says there is no such pod. */
  terminate(podId: string, signal: AbortSignal): Promise<'accepted' | 'absent'>;
  /** A locked pod refuses to stop. */
  unlock(podId: string, signal: AbortSignal): Promise<void>;
  resumeSpot(podId: string, gpuCount: number, bid: MicroUsd, signal: AbortSignal): Promise<void>;
  /** Lowest bid per GPU-hour; null where none is offered. @throws ProviderFailure `spot-gone` where spot has ended. */
  lowestBid(gpuId: string, gpuCount: number, cloud: string, signal: AbortSignal): Promise<MicroUsd | null>;
  connections(podId: string, signal: AbortSignal): Promise<Connections | null>;
  catalogue(signal: AbortSignal): Promise<CatalogueRead>;
}

type NetworkVolume = import('../policy/launch.ts').NetworkVolume;

/** Whatever in a list does not read is named, and costs nobody else anything. */
export interface PodsList {
  pods: Partly<FleetPod>[];
  unread: Unread[];
}

/** Null: that does not read, and the row may be anybody's. */
export interface OtherPod {
  id: string | null;
  name: string | null;
  said?: string | null;
}

export interface VolumesRead {
  volumes: Partly<NetworkVolume>[];
  unread: Unread[];
}

export interface BillingRead {
  /** By their beginning; hours whose sum does not read are left out. */
  hours: Map<number, Omit<BilledHour, 'readAt'>>;
  unread: Unread[];
}

export interface AccountRead {
  balance: MicroUsd;
  /** Everything that bills now by RunPod's own sum, micro-dollars an hour; null where it is not told. */
  perHour: MicroUsd | null;
  /** Null where the source that told the balance does not tell how it is paid. */
  postpaid: boolean | null;
  /** Which of RunPod's APIs told the balance. */
  source?: BalanceSource;
  /** Why another source did not answer, in words; text from outside. */
  silent?: readonly string[];
}

export interface ReadOptions {
  /** A read that a stop needs: may use the reserve of the rate limit. */
  urgent?: boolean;
}

/** How to reach a pod right now. Private: addresses are public without a login. */
export interface Connections {
  name: string;
  status: string;
  image: string | null;
  ssh: { direct: string | null; proxy: string | null };
  /** https addresses by container port. */
  services: { port: number; url: string }[];
  uptimeSeconds: number | null;
  gpuUtil: number[];
}

export interface CatalogueRead {
  gpus: Partly<import('../policy/gpu.ts').GpuType>[];
  /** Null: that list could not be read, and stays as it was. */
  dataCenters: string[] | null;
  networkVolumes: Partly<NetworkVolume>[] | null;
  unread: Unread[];
}

/**
 * Why a call failed. `refused`: RunPod said no, nothing happened. `rate-limited`: nothing happened, ask later.
 * `unavailable` with `sent`: it may have happened. `unexpected`: it probably happened, and the answer was unreadable.
 */
export class ProviderFailure extends Error {
  readonly kind: 'refused' | 'rate-limited' | 'unavailable' | 'unexpected';
  readonly reason: RefusalCause;
  /** RunPod's own sentence, for people; text from outside. */
  readonly detail: string;
  readonly sent: boolean;
  readonly retryAfterMs: number;
  readonly httpStatus: number | null;

  constructor(
    kind: ProviderFailure['kind'],
    options: {
      reason?: RefusalCause;
      detail: string;
      sent?: boolean;
      retryAfterMs?: number;
      httpStatus?: number;
    },
  ) {
    super(options.detail);
    this.name = 'ProviderFailure';
    this.kind = kind;
    this.reason = options.reason ?? 'other';
    this.detail = options.detail;
    this.sent = options.sent ?? true;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.httpStatus = options.httpStatus ?? null;
  }
}

/**
 * Two times that all processes share: Podwarden's (movable in the demo and in tests) for what is promised to people, and the
 * real one. Both come from Redis, not from this machine, so that stamps of two machines can be compared.
 */
export interface Clocks {
  now(): number;
  realNow(): number;
  /** Real time. @throws AbortError */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** How far this machine's own clock is ahead of the shared one, ms. Left out where there is no machine behind it. */
  ahead?(): number;
  /** This machine slept, or somebody set its clock, and nobody has measured it since. */
  jumped?(): boolean;
}

export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
