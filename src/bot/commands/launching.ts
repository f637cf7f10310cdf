import { createHash } from 'node:crypto';
import { enqueueFor } from '../../jobs/queues.ts';
import { type Cloud, findGpu, type GpuMatch, type GpuType, shownStock } from '../../policy/gpu.ts';
import { decideLaunch, isQuotedAtMost, reservedRate } from '../../policy/launch.ts';
import type { LaunchSpec, Row } from '../../policy/ledger.ts';
import { shortName } from '../../policy/pod-names.ts';
import { cloudOf, type LaunchArgs, requestOf } from '../../policy/presets.ts';
import type { Catalogue } from '../../store/snapshots.ts';
import { card, type Message, money, note, text } from '../message/message.ts';
import { refusedLately } from '../refused-lately.ts';
import type { Asker, Services } from '../services.ts';
import { gpuChoice, gpuText } from '../views/words.ts';
import type { Suggestion } from './declare.ts';
import { beyondText, gateFor, type Passed, showsMoney } from './gate.ts';

/** More choices than a person reads. */
const MAX_CHOICES = 10;

export async function suggestGpus(typed: string, services: Services): Promise<Suggestion[]> {
  const gpus = (await services.snapshots.catalogue())?.gpus ?? [];
  const match = typed.trim() === '' ? null : findGpu(typed, gpus);
  const found = match === null ? gpus : match.kind === 'one' ? [match.gpu] : match.kind === 'several' ? match.gpus : [];
  const prefix = gpus.filter((gpu) => gpu.name.toLowerCase().includes(typed.toLowerCase()));
  const all = [...new Set([...found, ...prefix])].filter((gpu) => shownStock(gpu) !== 'NONE' || found.includes(gpu));
  const presets = Object.keys(services.policy.presets).filter((name) => name.includes(typed.toLowerCase()));
  const named = presets.map((name) => ({ name: `${name} (preset)`, value: name }));
  const types = all.map((gpu) => ({ name: gpuChoice(gpu, 'SECURE'), value: gpu.name }));
  return [...named, ...types].slice(0, 25);
}

/** Several types that fit are asked about, and never narrowed to the cheapest. */
export async function launchWith(
  match: GpuMatch,
  args: LaunchArgs,
  asker: Asker,
  services: Services,
  catalogue: Catalogue,
): Promise<Message> {
  if (match.kind === 'none') {
    const near = match.nearest.map((gpu) => gpu.name).join(', ');
    const hint = near === '' ? '/pod gpus lists what there is.' : `Did you mean ${near}?`;
    return note('warn', `RunPod has no GPU called ${args.gpu.slice(0, 60)}. ${hint}`);
  }
  const refused = await refusedLately(asker.place, services);
  if (refused !== null) return note('warn', refused);
  if (match.kind === 'several') return askWhich(match.gpus, args, services);
  return launchOne(match.gpu, args, asker, services, catalogue);
}

async function askWhich(gpus: GpuType[], args: LaunchArgs, services: Services): Promise<Message> {
  const cloud: Cloud = cloudOf(args) ?? services.policy.defaults.cloud;
  const market = args.market ?? services.policy.defaults.market;
  const sold = gpus.filter((gpu) => gpu.sold[cloud]);
  const offered = (sold.length > 0 ? sold : gpus).slice(0, MAX_CHOICES);
  const draft = services.newId();
  await services.drafts.put(draft, { args, gpus: offered.map((gpu) => gpu.id) });
  const more = gpus.length - offered.length;
  return card(
    `Which ${args.gpu.slice(0, 40)}?`,
    'info',
    [text(`${gpus.length} types fit${more > 0 ? `; ${more} are left out here` : ''}. Prices per GPU.`)],
    offered.map((gpu, i) => ({ label: gpuChoice(gpu, cloud, market), token: `v1.pick.${draft}.${i}` })),
  );
}

export async function launchOne(
  gpu: GpuType,
  args: LaunchArgs,
  asker: Asker,
  services: Services,
  catalogue: Catalogue,
): Promise<Message> {
  const decision = decideLaunch(requestOf(gpu, args), {
    defaults: services.policy.defaults,
    dataCenters: catalogue.dataCenters,
    networkVolumes: catalogue.networkVolumes,
    owner: shortName(asker.who.person ?? asker.who.name),
    projects: services.policy.projects.map(({ name }) => name),
  });
  if (decision.kind === 'refuse') return note('warn', decision.problem);
  return writeLaunch(decision.spec, rowId(asker.eventId), asker, services);
}

/** Follows from the event, so that the same event never makes two rows. BullMQ ids may not be all digits. */
export function rowId(from: string): string {
  return `p${createHash('sha256').update(from).digest('hex').slice(0, 12)}`;
}

/** One write holds the row, what it reserves, and the intents to launch and to tell. */
export async function writeLaunch(spec: LaunchSpec, id: string, asker: Asker, services: Services): Promise<Message> {
  const before = await launchedBefore(id, asker, services);
  if (before) return before;
  if (await services.ledger.get(id)) return note('info', 'That launch is already known: its card follows it.');
  const now = services.clocks.now();
  const row: Row = {
    id,
    rev: 0,
    status: 'requested',
    podId: null,
    spec,
    by: asker.who,
    room: asker.room ?? services.policy.defaultRoom ?? '',
    home: asker.place,
    createdAt: now,
    since: now,
    attempts: [],
    facts: null,
    waitsFor: null,
    task: null,
    trouble: null,
    ask: null,
    duplicates: [],
  };
  const gate = await gateFor(row, reservedRate(spec), services);
  const added = await services.ledger.add(row, gate.judge);
  if ('refused' in added) {
    const passed = gate.passed();
    if (passed === null) return note('warn', added.refused);
    if (services.policy.budgets.beyond === 'ask') return askFor(row, passed, asker, services);
    return note('warn', `Not launched. ${beyondText(passed, asker.access.may.has('money'), services)}`);
  }
  await followUp(added.row, services);
  return queued(added.row);
}

/** Of an event that was begun before: what it launched then is launched, whatever would refuse it now. Null for nothing. */
export async function launchedBefore(id: string, asker: Asker, services: Services): Promise<Message | null> {
  const known = asker.again ? await services.ledger.get(id) : null;
  if (!known) return null;
  await followUp(known, services);
  return queued(known);
}

function queued({ spec, ask }: Row): Message {
  if (!spec || ask) return note('info', 'That launch is known: its card follows it.');
  const rate = money(spec.quotedMicroUsdPerHour, 'hour');
  return note(
    'info',
    text(
      `Queued ${spec.middle} on ${gpuText(spec.gpuName, spec.gpuCount)} (${spec.market}, ${isQuotedAtMost(spec) ? 'at most ' : ''}`,
      rate,
      '). I’ll update its card here.',
    ),
  );
}

/** Nothing is reserved until somebody allows it: then all limits are judged again. */
async function askFor(row: Row, passed: Passed, asker: Asker, services: Services): Promise<Message> {
  // The card stands in a channel: what was spent is said there only where money may be shown.
  const beyond = beyondText(passed, showsMoney(row.home, services), services);
  const asking: Row = { ...row, status: 'asking', ask: { beyond, self: [...asker.accounts], allowedBy: null } };
  const added = await services.ledger.add(asking, () => null);
  if ('refused' in added) return note('warn', added.refused);
  await followUp(added.row, services);
  const said = beyondText(passed, asker.access.may.has('money'), services);
  return note('warn', `Not launched yet. ${said} Its card here asks another person who may approve.`);
}

/** The row is written, so what follows from it is only a matter of time: `reconcile` enqueues what this could not. */
export async function followUp(row: Row, services: Services): Promise<void> {
  await enqueueFor(row, services.enqueue).catch((error: Error) => {
    services.log.warn({ row: row.id, error: error.message }, 'enqueueing failed; reconcile takes it up');
  });
}
