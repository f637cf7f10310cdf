import type { Right, Rule } from '../policy/access.ts';
import type { Budget, BudgetRules } from '../policy/costs/budgets.ts';
import { DIGESTS } from '../policy/costs/windows.ts';
import type { Thresholds } from '../policy/findings/thresholds.ts';
import { bare } from '../policy/identity.ts';
import { microUsd } from '../policy/money.ts';
import type { Finding } from './findings.ts';
import { type PolicyFile, WEEKDAYS } from './policy-file.ts';
import type { ChatName, DeclaredPerson, Policy, Room, Watch } from './settings.ts';

const CHATS: readonly ChatName[] = ['slack', 'discord'];
const PAGE = 'docs/operating.md';

/** What the file says under a name, and nothing that every object has, such as `constructor`. */
const own = <T>(section: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(section, name) ? section[name] : undefined;

/** The file as the rest of the program reads it, and what contradicts itself in it. */
export function buildPolicy(
  file: PolicyFile,
  configured: readonly ChatName[],
): { policy: Policy; findings: Finding[] } {
  const home = homeChat(file, configured);
  // A channel of another chat is often not the team’s own: there it is said by name.
  const seesMoney = (chat: ChatName, said: boolean | undefined) =>
    said ?? (chat === home || (configured.length === 1 && configured[0] === chat));
  const usual = file.default_room ?? Object.keys(file.rooms)[0];
  const rooms = Object.entries(file.rooms).map(
    ([name, room]): Room => ({
      name,
      timezone: room.timezone ?? file.timezone,
      channels: CHATS.flatMap((chat) =>
        room[chat] ? [{ chat, ...room[chat], money: seesMoney(chat, room[chat].money) }] : [],
      ),
      digest: room.digest ?? (name === usual ? DIGESTS : []),
    }),
  );
  const policy: Policy = {
    access: { homeChat: home, rules: rules(file) },
    people: people(file),
    rooms,
    defaultRoom: usual ?? null,
    timezone: file.timezone,
    presets: Object.fromEntries(
      Object.entries(file.presets).map(([name, { volume, ...rest }]) => [
        name,
        { ...rest, volume: volume === undefined ? undefined : String(volume) },
      ]),
    ),
    defaults: {
      market: file.defaults.market,
      image: file.defaults.image ?? null,
      template: file.defaults.template ?? null,
      diskGb: file.defaults.disk,
      volumeDiskGb: file.defaults.volume_disk,
      volumePath: file.defaults.volume_path,
      ports: file.defaults.ports,
      startSsh: file.defaults.start_ssh,
      cloud: file.defaults.cloud === 'secure' ? 'SECURE' : 'COMMUNITY',
      spotCeiling: file.spot.ceiling,
      maxDiskGb: file.limits.max_disk_gb,
    },
    approvals: {
      quorum: file.approvals.quorum,
      ownerWaitMs: file.approvals.owner_wait_minutes * 60_000,
      guests: file.approvals.guests,
      breaker: { requests: file.approvals.breaker.requests, windowMs: file.approvals.breaker.minutes * 60_000 },
    },
    workingHours: {
      days: file.working_hours.days.map((day) => WEEKDAYS.indexOf(day) + 1),
      from: file.working_hours.from,
      to: file.working_hours.to,
    },
    thresholds: thresholds(file),
    quietHours: file.warnings.quiet_hours,
    scanMs: file.warnings.scan_minutes * 60_000,
    watch: watch(file),
    projects: Object.entries(file.projects).map(([name, project]) => ({ name, ...project })),
    savingsPlans: file.savings_plans,
    budgets: budgets(file),
    digest: { hour: file.digest.hour, weekday: WEEKDAYS.indexOf(file.digest.weekly) + 1 },
    limits: {
      podsPerPerson: file.limits.pods_per_person ?? null,
      gpusPerPod: file.limits.gpus_per_pod ?? null,
      maxMicroUsdPerHour: file.limits.max_usd_per_hour === undefined ? null : microUsd(file.limits.max_usd_per_hour),
    },
  };
  return { policy, findings: [...contradictions(file, configured), ...untold(rooms, configured)] };
}

function thresholds({ warnings }: PolicyFile): Thresholds {
  const HOUR = 3_600_000;
  const farthestFirst = (values: readonly number[]) => [...values].sort((a, b) => b - a);
  return {
    stoppedAfterMs: warnings.stopped_after_hours * HOUR,
    runwayHours: farthestFirst(warnings.runway_hours),
    balanceBelow: farthestFirst(warnings.balance_below).map(microUsd),
    autoPay: warnings.auto_pay ?? null,
    postpaid: warnings.postpaid ?? null,
    burnJumpTimes: warnings.burn_jump.times,
    burnJumpAtLeast: microUsd(warnings.burn_jump.at_least_usd_per_hour),
    maxRate: warnings.max_rate === undefined ? null : microUsd(warnings.max_rate),
    staleDays: [...warnings.stale_days].sort((a, b) => a - b),
    idleBelowPercent: warnings.idle.below_percent,
    idleMs: warnings.idle.minutes * 60_000,
    stuckMs: warnings.stuck_minutes * 60_000,
    unownedMs: warnings.unowned_minutes * 60_000,
    longRunningMs: warnings.long_running_hours * HOUR,
    orphanMs: warnings.orphan_volume_days * 24 * HOUR,
    off: warnings.off,
  };
}

/** A digest that nobody would see is told to whoever sets it up. */
const untold = (rooms: readonly Room[], configured: readonly string[]): Finding[] =>
  rooms
    .filter(({ digest, channels }) => {
      const heard = channels.filter(({ chat, mirror }) => mirror && configured.includes(chat));
      return digest.length > 0 && heard.length > 0 && !heard.some(({ money }) => money);
    })
    .map(({ name }) => ({
      level: 'warning' as const,
      name: `rooms.${name}.digest`,
      problem: 'no channel of this room may show money, so no digest is posted: say money: true for one, or digest: []',
      page: 'docs/costs.md',
    }));

function budgets({ budgets: { team, people, projects, beyond } }: PolicyFile): BudgetRules {
  const micro = ({ day, month }: { day?: number | undefined; month?: number | undefined }): Budget => ({
    day: day === undefined ? null : microUsd(day),
    month: month === undefined ? null : microUsd(month),
  });
  const named = (kind: 'person' | 'project', all: typeof people) =>
    Object.entries(all).map(([name, budget]) => [`${kind} ${name}`, micro(budget)] as const);
  const base = new Map<string, Budget>([
    ['team', micro(team)],
    ...named('person', people),
    ...named('project', projects),
  ]);
  return { base, beyond };
}

/** Who keeps watch: the people and groups of a role, by its name. */
function watch(file: PolicyFile): Policy['watch'] {
  const members = (name: string | undefined): Watch => {
    const role = name === undefined ? undefined : own(file.roles, name);
    return { people: role?.people ?? [], groups: role ? groupsOf(role) : [] };
  };
  const named = (wanted: string | undefined, usual: string) => wanted ?? (own(file.roles, usual) ? usual : undefined);
  const granting = (right: Right) => Object.keys(file.roles).find((name) => file.roles[name]?.grant.includes(right));
  // Somebody must hear of what cannot wait.
  const ops = named(file.warnings.ops, 'ops') ?? granting('admin') ?? granting('approve');
  return { ops: members(ops), billing: members(named(file.warnings.billing, 'billing') ?? ops) };
}

const groupsOf = (role: PolicyFile['roles'][string]): string[] => [
  ...role.slack_groups.map((g) => `slack:${g}`),
  ...role.discord_roles.map((g) => `discord:${g}`),
];

function homeChat(file: PolicyFile, configured: readonly ChatName[]): string | null {
  if (file.home_chat === 'none') return null;
  if (file.home_chat !== undefined) return file.home_chat;
  // Never Discord unasked: a server's members are often not the team.
  return configured.includes('slack') ? 'slack' : null;
}

function people(file: PolicyFile): DeclaredPerson[] {
  return Object.entries(file.people).map(([key, person]) => ({
    key,
    name: person.name ?? key,
    accounts: CHATS.flatMap((chat) => (person[chat] === undefined ? [] : [`${chat}:${person[chat]}`])),
    timezone: person.timezone ?? null,
    podPrefixes: person.pods,
  }));
}

/** Whoever holds this role sees money and nothing else, whatever else they are. */
const VIEWER = 'viewer';

function rules(file: PolicyFile): Rule[] {
  const byRole = Object.entries(file.roles).map(
    ([name, role]): Rule => ({
      name: `role ${name}`,
      ...(name === VIEWER ? { only: ['money'] } : {}),
      grant: role.grant,
      deny: role.deny,
      people: role.people,
      accounts: [],
      groups: groupsOf(role),
    }),
  );
  const byPerson = Object.entries(file.people).map(
    ([key, person]): Rule => ({
      name: `person ${key}`,
      grant: person.grant,
      deny: person.deny,
      people: [key],
      accounts: [],
      groups: [],
    }),
  );
  return [...byRole, ...byPerson].filter((rule) => rule.grant.length + rule.deny.length > 0 || rule.only);
}

function contradictions(file: PolicyFile, configured: readonly ChatName[]): Finding[] {
  const found: Finding[] = [];
  const say = (level: Finding['level'], name: string, problem: string) =>
    found.push({ level, name, problem, page: PAGE });
  if (Object.keys(file.rooms).length === 0) say('critical', 'rooms', 'name at least one room with a channel');
  if (file.default_room !== undefined && !own(file.rooms, file.default_room)) {
    say('critical', 'default_room', 'is not one of the rooms');
  }
  for (const [name, room] of Object.entries(file.rooms)) {
    for (const chat of CHATS.filter((c) => room[c] && !configured.includes(c))) {
      say('warning', `rooms.${name}.${chat}`, 'this chat has no token, so nothing is posted there');
    }
    if (!room.slack && !room.discord) say('critical', `rooms.${name}`, 'has no channel');
  }
  for (const [name, role] of Object.entries(file.roles)) {
    const unknown = role.people.flatMap((person, i) => (own(file.people, person) ? [] : [i + 1]));
    if (unknown.length > 0) {
      say('critical', `roles.${name}.people`, `nobody under people is called what entry ${unknown.join(', ')} says`);
    }
  }
  named(file, say);
  for (const [key, name] of Object.entries({ ops: file.warnings.ops, billing: file.warnings.billing })) {
    if (name !== undefined && !own(file.roles, name)) say('critical', `warnings.${key}`, 'is not one of the roles');
  }
  const home = file.home_chat;
  if (home !== undefined && home !== 'none' && !configured.includes(home)) {
    say('warning', 'home_chat', 'this chat has no token, so nobody has rights by default');
  }
  twice(file, say);
  return found;
}

/** Budgets and the viewer's role, by what they name. */
function named(file: PolicyFile, say: (level: 'critical', name: string, problem: string) => void): void {
  for (const person of Object.keys(file.budgets.people)) {
    if (!own(file.people, person)) say('critical', `budgets.people.${person}`, 'is nobody under people');
  }
  for (const project of Object.keys(file.budgets.projects)) {
    if (!own(file.projects, project)) say('critical', `budgets.projects.${project}`, 'is not one of the projects');
  }
  const viewer = own(file.roles, VIEWER);
  if (viewer && viewer.grant.length > 0) {
    say('critical', `roles.${VIEWER}.grant`, 'stays empty: this role sees money and nothing else');
  }
}

function twice(file: PolicyFile, say: (level: 'critical', name: string, problem: string) => void): void {
  for (const chat of CHATS) {
    const owners = new Map<string, string>();
    for (const [key, person] of Object.entries(file.people)) {
      if (person[chat] === undefined) continue;
      const account = sameAccount(chat, person[chat]);
      const other = owners.get(account);
      if (other) say('critical', `people.${key}.${chat}`, `is also declared for ${other}: one account is one person’s`);
      owners.set(account, key);
    }
  }
  const channels = new Map<string, string>();
  for (const [name, room] of Object.entries(file.rooms)) {
    for (const chat of CHATS) {
      const id = room[chat]?.channel;
      if (id === undefined) continue;
      const other = channels.get(id);
      if (other) say('critical', `rooms.${name}.${chat}.channel`, `is also the channel of room ${other}`);
      channels.set(id, name);
    }
  }
}

/** However it is written: accounts are compared without the workspace, and Discord's ids are numbers. */
const sameAccount = (chat: ChatName, written: string): string =>
  bare(`${chat}:${written.trim().toUpperCase()}`).replace(/:0+/, ':');
