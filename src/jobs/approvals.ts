import type { AccessPolicy } from '../policy/access.ts';
import type { Approval, ApprovalRules } from '../policy/approval.ts';
import type { ApprovalMove } from '../policy/approval-moves.ts';
import type { People } from '../policy/approvers.ts';
import type { BudgetRules } from '../policy/costs/budgets.ts';
import type { Project } from '../policy/costs/projects.ts';
import type { DigestKind } from '../policy/costs/windows.ts';
import type { Thresholds } from '../policy/findings/thresholds.ts';
import type { FleetPod } from '../policy/fleet.ts';
import { type AccountId, actorOf, bare, type Declared, type PersonRef } from '../policy/identity.ts';
import type { LaunchDefaults } from '../policy/launch.ts';
import { ownerOf } from '../policy/ownership.ts';
import type { LaunchArgs } from '../policy/presets.ts';
import type { WorkingHours } from '../policy/working-time.ts';
import type { Approvals } from '../store/approvals.ts';
import { type Audit, type AuditEntry, formatHead } from '../store/audit.ts';
import type { Budgets } from '../store/budgets.ts';
import type { Choices } from '../store/choices.ts';
import type { Costs } from '../store/costs.ts';
import type { Digests } from '../store/digests.ts';
import type { Findings } from '../store/findings.ts';
import type { Links } from '../store/links.ts';
import type { Owners } from '../store/owners.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { DirectStops } from './direct-stop.ts';
import type { pageOut } from './names.ts';
import type { Pager } from './page-out.ts';
import type { PodContext } from './pod-context.ts';

/** What of the policy file decides about people and requests. */
export interface Governance {
  access: AccessPolicy;
  people: readonly (Declared & { timezone?: string | null })[];
  approvals: ApprovalRules;
  workingHours: WorkingHours;
  rooms: readonly {
    name: string;
    timezone: string;
    channels: readonly { chat: string }[];
    digest: readonly DigestKind[];
  }[];
  defaultRoom: string | null;
  thresholds: Thresholds;
  /** From this hour of the evening to that of the morning, where nobody chose otherwise. */
  quietHours: { from: number; to: number };
  /** How often the account is read, ms. */
  scanMs: number;
  projects: readonly Project[];
  /** Ids of pods, or beginnings of their names. */
  savingsPlans?: readonly string[];
  budgets: BudgetRules;
  digest: { hour: number; weekday: number };
  presets: Readonly<Record<string, LaunchArgs>>;
  defaults: LaunchDefaults;
}

/** What jobs that carry out or review requests are given on top. */
export interface GovernedContext extends PodContext {
  approvals: Approvals;
  audit: Audit;
  /** What was stopped while nothing could be recorded. */
  direct: DirectStops;
  links: Links;
  owners: Owners;
  findings: Findings;
  choices: Choices;
  costs: Costs;
  budgets: Budgets;
  digests: Digests;
  newId: () => string;
  pages: typeof pageOut;
  /** Null where no webhook is set. */
  pager: Pager | null;
  governance: Governance;
  /** Enqueues the announcement of a card. */
  tell(batch: string): Promise<void>;
}

/** Membership older than this grants nothing: the bot that reads it may be gone. On Podwarden's clock. */
export const FRESH_MS = 15 * 60_000;

/** The chats that any room is in. */
export function chatsOf({ rooms }: Pick<Governance, 'rooms'>): string[] {
  return [...new Set(rooms.flatMap((room) => room.channels.map(({ chat }) => chat)))];
}

/** Everybody as last read. An account that was not read lately is not known, so that it holds no right. */
export async function peopleNow(
  context: {
    snapshots: Snapshots;
    links: Links;
    governance: Pick<Governance, 'access' | 'people' | 'rooms'>;
    clocks: { now(): number };
  },
  maxAgeMs = FRESH_MS,
): Promise<People> {
  const { snapshots, links, governance, clocks } = context;
  const lists = await Promise.all(chatsOf(governance).map((chat) => snapshots.members(chat)));
  const known = new Map(
    lists.flatMap(({ accounts }) => Object.values(accounts).map((one) => [bare(one.account), one])),
  );
  const registry = { people: governance.people, links: await links.all() };
  const memberOf = (account: AccountId) => {
    const member = known.get(bare(account));
    // Whoever left has left until somebody looks again; what was read of all others counts only for a while.
    const counts = member?.membership === 'deactivated' || (member && clocks.now() - member.readAt < maxAgeMs);
    if (!member || !counts) return null;
    // A declared account may leave out its workspace; one that names another is somebody else's.
    return member.account === account || account === bare(account) ? member : null;
  };
  return { registry, access: governance.access, memberOf };
}

/** Whose pod it is, as everything that was kept says now. */
export async function ownerOfPod(
  pod: Pick<FleetPod, 'id' | 'name'>,
  {
    ledger,
    owners,
    governance,
  }: Pick<GovernedContext, 'ledger' | 'owners'> & { governance: Pick<Governance, 'people'> },
): Promise<PersonRef | null> {
  const [row, claim] = await Promise.all([ledger.byPod(pod.id), owners.of(pod.id)]);
  return ownerOf(pod.name, { claim: claim ?? undefined, row, people: governance.people });
}

export function requestEntry(
  record: Approval,
  kind: string,
  at: number,
  actor: PersonRef | null,
  facts: AuditEntry['facts'] = {},
): AuditEntry {
  const about = { request: record.id, pod: record.podId, name: record.facts.name, status: record.status };
  return { at, kind, actor: actor && actorOf(actor), subject: record.podId, facts: { ...about, ...facts } };
}

/** A record that was altered outside of Podwarden is written to be void, and said to be so. */
export async function voidAltered(context: GovernedContext, { id, podId, batch }: Approval): Promise<void> {
  const voided = await context.approvals.voidAltered(id, context.clocks.now());
  if (!voided) return;
  const audit = formatHead(await context.audit.head());
  const fields = { request: id, pod: podId, problem: voided.altered, audit };
  context.log.warn(fields, 'a request was altered outside of Podwarden: it is void');
  await context.tell(batch);
}

/** Moves a record and tells of it; the log says how it stands afterwards. */
export async function decided(
  context: GovernedContext,
  id: string,
  move: ApprovalMove,
  kind: string,
): Promise<boolean> {
  const now = context.clocks.now();
  const moved = await context.approvals.move(id, move, (after) => [
    requestEntry(after, `request-${kind}`, now, after.end?.by ?? null, { why: after.end?.text ?? '' }),
  ]);
  if (!moved?.moved) return false;
  const { status, podId } = moved.record;
  // Outside of Redis, so that a log that is rolled back as a whole can be told.
  const head = formatHead(await context.audit.head());
  context.log.info({ request: id, status, pod: podId, audit: head }, 'request moved');
  await context.tell(moved.record.batch);
  return true;
}
