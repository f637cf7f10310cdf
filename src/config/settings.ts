import type { AccessPolicy } from '../policy/access.ts';
import type { ApprovalRules } from '../policy/approval.ts';
import type { BudgetRules } from '../policy/costs/budgets.ts';
import type { Project } from '../policy/costs/projects.ts';
import type { DigestKind } from '../policy/costs/windows.ts';
import type { Thresholds } from '../policy/findings/thresholds.ts';
import type { LaunchDefaults, Limits } from '../policy/launch.ts';
import type { WorkingHours } from '../policy/working-time.ts';
import type { RedisTarget } from './redis-url.ts';

/** Which part of the program asks: each needs its own secrets, and no others. */
export type Part = 'start' | 'bot' | 'worker' | 'audit';

export type ChatName = 'slack' | 'discord';

export interface RoomChannel {
  chat: string;
  channel: string;
  mirror: boolean;
  /** What everybody spends may be posted here. */
  money: boolean;
}

export interface Room {
  name: string;
  timezone: string;
  channels: readonly RoomChannel[];
  digest: readonly DigestKind[];
}

export interface DeclaredPerson {
  key: string;
  name: string;
  /** As declared, with or without the workspace: `slack:T1/U1`, `slack:U1`, `discord:1`. */
  accounts: readonly string[];
  /** IANA; null for the room's. */
  timezone: string | null;
  podPrefixes: readonly string[];
}

/** Whom a warning reaches beside the owner: keys under people, and groups as `<chat>:<id>`. */
export interface Watch {
  people: readonly string[];
  groups: readonly string[];
}

/** A launch by name; undefined where it leaves a field to the defaults. */
export interface Preset {
  gpu: string;
  market?: 'spot' | 'on-demand' | undefined;
  count?: number | undefined;
  image?: string | undefined;
  template?: string | undefined;
  disk?: number | undefined;
  volume?: string | undefined;
  cloud?: 'secure' | 'community' | undefined;
  region?: string | undefined;
  project?: string | undefined;
}

/** What `podwarden.yaml` comes to. No secret is in here. */
export interface Policy {
  access: AccessPolicy;
  people: readonly DeclaredPerson[];
  rooms: readonly Room[];
  defaultRoom: string | null;
  timezone: string;
  defaults: LaunchDefaults;
  presets: Readonly<Record<string, Preset>>;
  limits: Limits;
  approvals: ApprovalRules;
  workingHours: WorkingHours;
  thresholds: Thresholds;
  /** From this hour of the evening to that of the morning; equal for none. */
  quietHours: { from: number; to: number };
  /** How often the account is read, ms. */
  scanMs: number;
  watch: { ops: Watch; billing: Watch };
  projects: readonly Project[];
  /** Pods whose compute is paid in advance: ids, or beginnings of names. */
  savingsPlans: readonly string[];
  budgets: BudgetRules;
  /** When digests come: a local hour, and the day of the weekly one (1 for Monday). */
  digest: { hour: number; weekday: number };
}

export interface SlackSettings {
  botToken: string;
  appToken: string;
  /** Ends in `/api/`. */
  apiUrl: string | null;
}

export interface DiscordSettings {
  token: string;
  /** Ends in `/api`. */
  apiUrl: string | null;
  guildId: string | null;
}

export interface RunpodSettings {
  apiKey: string;
  url: string;
  graphqlUrl: string;
}

/** Where whoever is on call is told; a secret in each of its kinds. */
export type CriticalWebhook =
  | { kind: 'pagerduty'; routingKey: string }
  | { kind: 'ntfy'; url: string }
  | { kind: 'json'; url: string };

export interface Settings {
  runpod: RunpodSettings | null;
  slack: SlackSettings | null;
  discord: DiscordSettings | null;
  redis: RedisTarget;
  /** Folder for the embedded Redis and keys. */
  dataPath: string;
  logLevel: string;
  /** Null where `start` makes it once, in the data folder. */
  auditKey: string | null;
  criticalWebhook: CriticalWebhook | null;
  policy: Policy;
}
