import { z } from 'zod';
import { RIGHTS } from '../policy/access.ts';
import { BEYOND } from '../policy/costs/budgets.ts';
import { DIGESTS } from '../policy/costs/windows.ts';
import { RULES } from '../policy/findings/thresholds.ts';

/** The shape of `podwarden.yaml`. Descriptions become the JSON Schema with which editors complete the file. */
const right = z.enum(RIGHTS);

const timezone = z
  .string()
  .refine(isTimezone, 'is not a timezone such as Europe/Berlin')
  .describe('IANA timezone, such as Europe/Berlin');

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const slackChannel = z
  .string()
  .regex(/^[CG][A-Z0-9]{2,}$/, 'is not a Slack channel id (C…, from the channel’s About tab)');
const snowflake = z.string().regex(/^\d{5,20}$/, 'is not a Discord id in quotes (Developer Mode, Copy ID)');
const slackMember = z
  .string()
  .regex(/^([TE][A-Z0-9]+\/)?[UW][A-Z0-9]+$/, 'is not a Slack member id (U…, or T…/U… with the workspace)');

const channel = <T extends z.ZodType>(id: T) =>
  z.strictObject({
    channel: id,
    mirror: z.boolean().default(true).describe('Warnings and approval requests are posted here too.'),
    money: z
      .boolean()
      .optional()
      .describe(
        'What everybody spends may be posted here. Default: yes in the home chat, or where it is the only one.',
      ),
  });

const room = z.strictObject({
  slack: channel(slackChannel).optional(),
  discord: channel(snowflake).optional(),
  timezone: timezone.optional(),
  digest: z
    .array(z.enum(DIGESTS))
    .optional()
    .describe('Cost digests that are posted here. Default: both in the default room, none elsewhere.'),
});

const rights = {
  grant: z.array(right).default([]).describe('Rights given. Naming a right here takes it from the defaults.'),
  deny: z.array(right).default([]).describe('Rights taken; a deny wins over every grant.'),
};

const person = z.strictObject({
  name: z.string().min(1).max(80).optional().describe('Shown in cards; the key is used where it is missing.'),
  slack: slackMember.optional(),
  discord: snowflake.optional(),
  timezone: timezone.optional().describe('For quiet hours. Default: the room’s.'),
  pods: z
    .array(z.string().min(2).max(80))
    .default([])
    .describe('Beginnings of names of pods that are this person’s, beside the key itself.'),
  ...rights,
});

const role = z.strictObject({
  ...rights,
  people: z.array(z.string()).default([]).describe('Keys under people.'),
  slack_groups: z.array(z.string().regex(/^S[A-Z0-9]+$/, 'is not a Slack user group id (S…)')).default([]),
  discord_roles: z.array(snowflake).default([]),
});

const defaults = z.strictObject({
  market: z.enum(['spot', 'on-demand']).default('on-demand'),
  image: z.string().min(1).optional().describe('Image for launches that name none. Pin it by digest.'),
  template: z.string().min(1).optional().describe('RunPod template id, instead of an image.'),
  disk: z.int().min(1).default(50).describe('Container disk, GB. Wiped when the pod stops.'),
  volume_disk: z.int().min(0).default(20).describe('Volume disk, GB; 0 for none. Bills double while stopped.'),
  volume_path: z.string().startsWith('/').default('/workspace'),
  ports: z
    .array(z.string().regex(/^\d{1,5}\/(tcp|http)$/, 'is not a port such as 22/tcp'))
    .default(['22/tcp', '8888/http']),
  start_ssh: z.boolean().default(true),
  cloud: z.enum(['secure', 'community']).default('secure'),
});

const preset = z.strictObject({
  gpu: z.string().min(1).describe('GPU type, such as a6000.'),
  project: z.string().min(1).optional(),
  market: z.enum(['spot', 'on-demand']).optional(),
  count: z.int().min(1).optional(),
  image: z.string().min(1).optional(),
  template: z.string().min(1).optional(),
  disk: z.int().min(1).optional(),
  volume: z
    .union([z.int().min(0), z.string().min(1)])
    .optional()
    .describe('GB of volume disk, or a network volume.'),
  cloud: z.enum(['secure', 'community']).optional(),
  region: z.string().min(1).optional(),
});

const limits = z.strictObject({
  pods_per_person: z.int().min(1).optional(),
  gpus_per_pod: z.int().min(1).optional(),
  max_usd_per_hour: z.number().positive().optional().describe('Everything up or coming up, USD an hour.'),
  max_disk_gb: z.int().min(1).default(2000),
});

const approvals = z.strictObject({
  quorum: z.int().min(1).max(5).default(1).describe('Different people that must approve a termination.'),
  owner_wait_minutes: z
    .int()
    .min(0)
    .max(1440)
    .default(10)
    .describe('How long a pod’s owner, who neither asked nor approved, can still deny.'),
  guests: z.boolean().default(false).describe('Guests may approve where a rule grants it to them.'),
  breaker: z
    .strictObject({ requests: z.int().min(1).default(5), minutes: z.int().min(1).default(10) })
    .default({ requests: 5, minutes: 10 })
    .describe('More terminations than this in so many minutes, outside one approved batch, wait for an admin.'),
});

const hour = z.int().min(0).max(24);

const rule = z.enum(RULES);
const usd = z.number().positive();
const quietHours = z
  .strictObject({ from: z.int().min(0).max(23), to: z.int().min(0).max(23) })
  .refine(({ from, to }) => from === 0 || from >= to, 'runs from the evening to the morning, such as from: 20, to: 8');

const warnings = z.strictObject({
  scan_minutes: z.int().min(1).max(60).default(5).describe('How often the whole account is read.'),
  ops: z
    .string()
    .optional()
    .describe('The role that hears of what cannot wait. Default: ops, else whoever is admin or may approve.'),
  billing: z.string().optional().describe('The role that hears of the balance. Default: billing, else ops.'),
  quiet_hours: quietHours
    .default({ from: 20, to: 8 })
    .describe('What can wait is said after them, on working days. Equal hours: none.'),
  stopped_after_hours: z.number().positive().default(24).describe('A stopped pod’s volume disk bills double.'),
  runway_hours: z.array(z.number().positive()).default([72, 24, 6]).describe('Hours until the balance reaches $0.'),
  balance_below: z.array(usd).default([]).describe('USD.'),
  auto_pay: z
    .boolean()
    .optional()
    .describe('Whether RunPod’s auto-pay is on. Without it: taken from two unexplained top-ups in 14 days.'),
  postpaid: z.boolean().optional().describe('Whether RunPod bills afterwards. Without it: as v2 says, where it does.'),
  burn_jump: z
    .strictObject({ times: z.number().min(1).default(1.5), at_least_usd_per_hour: usd.default(1) })
    .default({ times: 1.5, at_least_usd_per_hour: 1 })
    .describe('Burn beyond so many times the 14-day peak.'),
  max_rate: usd.optional().describe('USD an hour for everything that bills.'),
  stale_days: z
    .array(z.number().positive())
    .default([20, 25, 28, 29])
    .describe('RunPod removes stopped pods after about 30.'),
  idle: z
    .strictObject({ below_percent: z.number().min(0).max(100).default(5), minutes: z.int().min(15).default(60) })
    .default({ below_percent: 5, minutes: 60 }),
  stuck_minutes: z.int().min(5).default(20).describe('Coming up, or running without reporting.'),
  unowned_minutes: z.int().min(0).default(60).describe('A pod that is nobody’s.'),
  long_running_hours: z.number().positive().default(24).describe('Running without a network volume.'),
  orphan_volume_days: z.number().positive().default(7).describe('A network volume that no pod mounts.'),
  off: z.array(rule).default([]).describe('Rules that are not wanted.'),
});
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const project = z.strictObject({
  pods: z
    .array(z.string().min(1).max(80))
    .default([])
    .describe('Beginnings of names of pods, with or without the owner.'),
  resources: z
    .array(z.string().min(1).max(80))
    .default([])
    .describe('Ids or names of network volumes; ids of serverless endpoints and clusters.'),
});

const budget = z.strictObject({
  day: usd.optional().describe('USD a calendar day.'),
  month: usd.optional().describe('USD a calendar month.'),
});

const budgets = z.strictObject({
  team: budget.default({}),
  people: z.record(z.string(), budget).default({}).describe('By key under people.'),
  projects: z.record(z.string(), budget).default({}).describe('By key under projects.'),
  beyond: z
    .enum(BEYOND)
    .default('ask')
    .describe('A launch beyond a budget: another person with the right "approve" is asked, or it is refused.'),
});

const digest = z.strictObject({
  hour: z.int().min(0).max(23).default(9).describe('Local hour, in the timezone of the room.'),
  weekly: z.enum(WEEKDAYS).default('mon').describe('The day on which the weekly one comes.'),
});

export const policyFile = z.strictObject({
  home_chat: z
    .enum(['slack', 'discord', 'none'])
    .optional()
    .describe('The chat whose full members may act where no rule says otherwise. Default: slack, where configured.'),
  timezone: timezone.default('UTC'),
  working_hours: z
    .strictObject({ days: z.array(z.enum(WEEKDAYS)), from: hour, to: hour })
    .default({ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: 9, to: 18 }),
  rooms: z
    .record(z.string().regex(/^[a-z0-9-]{1,40}$/, 'has letters a to z, digits and dashes, at most 40'), room)
    .default({}),
  default_room: z.string().optional().describe('Home of pods that were made elsewhere. Default: the first room.'),
  people: z.record(z.string().regex(/^[a-z0-9-]+$/, 'has letters a to z, digits and dashes'), person).default({}),
  roles: z.record(z.string(), role).default({}),
  defaults: defaults.default(() => defaults.parse({})),
  presets: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'has letters a to z, digits and dashes'), preset)
    .default({})
    .describe('Launches by name: /pod launch train. What is typed wins.'),
  limits: limits.default(() => limits.parse({})),
  approvals: approvals.default(() => approvals.parse({})).describe('How terminations are decided: docs/approvals.md.'),
  projects: z
    .record(z.string().regex(/^[a-z0-9-]+$/, 'has letters a to z, digits and dashes'), project)
    .default({})
    .describe('What spend is told by, beside people: docs/costs.md.'),
  savings_plans: z
    .array(z.string().min(1).max(80))
    .default([])
    .describe(
      'Pods on a Runpod savings plan, by id or the beginning of the name: ending them saves none of their GPU.',
    ),
  budgets: budgets.default(() => budgets.parse({})).describe('Warned of at 80 % and 100 %: docs/costs.md.'),
  digest: digest.default(() => digest.parse({})).describe('When the cost digests come: docs/costs.md.'),
  warnings: warnings.default(() => warnings.parse({})).describe('What is warned of, and when: docs/warnings.md.'),
  spot: z
    .strictObject({
      ceiling: z.number().positive().max(1).default(0.9).describe('Highest bid, as a share of the on-demand price.'),
    })
    .default({ ceiling: 0.9 }),
});
export type PolicyFile = z.infer<typeof policyFile>;

/** For editors: `# yaml-language-server: $schema=./podwarden.schema.json`. */
export function policyJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(policyFile, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
}
