import { z } from 'zod';
import { rowEntry } from '../../jobs/pod-context.ts';
import { type Decider, deciderOf, refusalOf } from '../../policy/approvers.ts';
import { type GpuType, gpuKey } from '../../policy/gpu.ts';
import { overlap } from '../../policy/identity.ts';
import { reservedRate } from '../../policy/launch.ts';
import type { LaunchSpec, Row } from '../../policy/ledger.ts';
import * as moves from '../../policy/ledger-moves.ts';
import { spokenName, validMiddle } from '../../policy/pod-names.ts';
import type { LaunchArgs } from '../../policy/presets.ts';
import { gateFor } from '../commands/gate.ts';
import { followUp, launchOne, rowId } from '../commands/launching.ts';
import { type Message, note } from '../message/message.ts';
import { everybody } from '../people.ts';
import type { Asker } from '../services.ts';
import type { Action } from './declare.ts';
import { NOT_FOR_YOU } from './requests.ts';

const draftSchema = z.object({
  args: z.looseObject({ gpu: z.string() }),
  gpus: z.array(z.string()),
});

const LAPSED = 'That question has lapsed. Type the command again.';

/** One of several GPU types that fit what was typed. */
export const pick: Action = {
  name: 'pick',
  access: 'launch',
  async run({ id, choice }, asker, services) {
    const draft = draftSchema.safeParse(await services.drafts.get(id));
    const catalogue = await services.snapshots.catalogue();
    if (!draft.success || !catalogue) return note('warn', LAPSED);
    const gpu = catalogue.gpus.find((g) => g.id === draft.data.gpus[Number(choice)]);
    if (!gpu) return note('warn', LAPSED);
    // One launch a question, however often and in whichever order its buttons are pressed.
    const once = { ...asker, eventId: `pick ${id}` };
    return launchOne(gpu, draft.data.args as unknown as LaunchArgs, once, services, catalogue);
  },
};

/** Launches what a card asked for once more: the same, elsewhere, on another GPU, or on-demand. */
export const relaunch: Action = {
  name: 'relaunch',
  access: 'launch',
  async run({ id, choice }, asker, services) {
    const row = await services.ledger.get(id);
    const catalogue = await services.snapshots.catalogue();
    if (!row || !catalogue) return note('warn', 'That launch is not known any more. Type the command again.');
    const key = choice?.startsWith('gpu-') ? choice.slice(4) : null;
    const same = (g: GpuType) => (row.spec ? g.id === row.spec.gpuId : g.name === row.facts?.gpuName);
    const gpu = catalogue.gpus.find((g) => (key === null ? same(g) : gpuKey(g.id) === key));
    if (!gpu) return note('warn', 'RunPod no longer lists that GPU. /pod gpus shows what there is.');
    // A button launches once: the id follows from the card and the choice.
    const once = { ...asker, eventId: `relaunch ${id} ${choice}` };
    if (!asker.again && (await services.ledger.get(rowId(once.eventId)))) {
      return note('info', 'This button has launched already; see its card.');
    }
    const args = row.spec ? changed(row.spec, choice) : likeness(row);
    return launchOne(gpu, { ...args, gpu: gpu.name }, once, services, catalogue);
  },
};

function changed(spec: LaunchSpec, choice: string | null): Omit<LaunchArgs, 'gpu'> {
  const cloud = choice === 'cloud' ? (spec.cloud === 'SECURE' ? 'COMMUNITY' : 'SECURE') : spec.cloud;
  return {
    market: choice === 'on-demand' ? 'on-demand' : spec.market,
    count: spec.gpuCount,
    image: spec.image ?? undefined,
    template: spec.templateId ?? undefined,
    disk: spec.containerDiskGb,
    volume: spec.networkVolume?.id ?? String(spec.volumeDisk?.sizeGb ?? 0),
    cloud: cloud === 'SECURE' ? 'secure' : 'community',
    // Where the data may be is widened by the button that says so, and by no other.
    region: spec.dataCenterIds.length > 0 && choice !== 'anywhere' ? spec.dataCenterIds.join(',') : undefined,
    name: spec.middle,
    project: spec.project ?? undefined,
  };
}

/** A pod that was made elsewhere: its GPU and sizes, with the team's defaults for what is not known. */
function likeness({ facts }: Row): Omit<LaunchArgs, 'gpu'> {
  const middle = facts ? spokenName(facts.name).toLowerCase() : '';
  return {
    count: Math.max(1, facts?.gpuCount ?? 1),
    disk: facts?.containerDiskGb,
    volume: facts?.networkVolume?.id ?? (facts?.volumeDisk ? String(facts.volumeDisk.sizeGb) : undefined),
    name: validMiddle(middle) ? middle : undefined,
  };
}

/** Lets a launch pass a budget. Whoever asked for it is refused before any right is looked at. */
export const allowLaunch: Action = {
  name: 'allow-launch',
  access: null,
  keeps: true,
  async run({ id }, asker, services) {
    const row = await services.ledger.get(id);
    if (!row?.ask) return note('warn', 'That launch is not known any more.');
    if (row.status !== 'asking' && !asker.again) return decided(row, asker);
    const people = await everybody(services);
    const asked = { self: row.ask.self, by: row.by, votes: [] };
    const refusal = refusalOf(asked, await asker.live('approve'), people.registry, services.policy.approvals.guests);
    if (refusal) return note('bad', refusal.text);
    // Whoever left, or may not launch any more, gets no pod from a question that was asked before.
    if (!deciderOf(row.by.account, people).access.may.has('launch')) {
      return note('bad', `${row.by.name} may not launch any more, so there is nothing to allow. It lapses by itself.`);
    }
    const now = services.clocks.now();
    const { spec } = row;
    const passes = { ...row, ask: { ...row.ask, allowedBy: asker.who } };
    // Limits still hold: what has come up meanwhile counts.
    const { judge } = await gateFor(passes, spec ? reservedRate(spec) : 0, services);
    const entry = (after: Row) => [
      rowEntry(after, after.status === 'requested' ? 'launch-allowed' : 'launch-lapsed', now, asker.who),
    ];
    const result = await services.ledger.moveJudged(id, moves.allow(asker.who, now), judge, entry);
    if (result && 'refused' in result) return note('warn', result.refused);
    if (!result?.moved) return note('info', decidedAlready(result?.row ?? row));
    await followUp(result.row, services);
    return result.row.status === 'requested'
      ? note('good', 'Allowed. Its card follows the launch.')
      : note('info', 'It has lapsed: nobody allowed it within 30 minutes.');
  },
};

/** Whoever may approve says no; whoever asked may take it back. */
export const denyLaunch: Action = {
  name: 'deny-launch',
  access: null,
  keeps: true,
  async run({ id }, asker, services) {
    const row = await services.ledger.get(id);
    if (!row?.ask) return note('warn', 'That launch is not known any more.');
    const own = overlap(row.ask.self, asker.accounts);
    const refused = own ? null : mayNotDeny(await asker.live('approve'));
    if (refused) return refused;
    const now = services.clocks.now();
    const said = own ? `${asker.who.name} took it back.` : `${asker.who.name} denied it.`;
    const entry = (after: Row) => [rowEntry(after, 'launch-denied', now, asker.who)];
    const result = await services.ledger.move(id, moves.notAllowed(said, now), entry);
    if (!result?.moved) return note('info', decidedAlready(result?.row ?? row));
    await followUp(result.row, services);
    return note('good', own ? 'Taken back.' : 'Denied.');
  },
};

/** Who decided what is for whoever may see pods, and for whoever asked. */
function decided(row: Row, { access, accounts }: Asker): Message {
  const sees = access.may.has('view') || overlap(row.ask?.self ?? [], accounts);
  return sees ? note('info', decidedAlready(row)) : note('bad', NOT_FOR_YOU);
}

function mayNotDeny({ access, unread }: Decider): Message | null {
  if (unread !== null) return note('warn', unread);
  if (access.may.has('approve')) return null;
  const why = access.why.get('approve') ?? 'no rule grants it';
  return note('bad', `You are not allowed to deny this: it needs the right "approve" (${why}).`);
}

function decidedAlready({ ask, trouble }: Row): string {
  if (ask?.allowedBy) return `${ask.allowedBy.name} allowed it already.`;
  return trouble?.kind === 'not-allowed' ? `It is decided: ${trouble.detail}` : 'It is decided already.';
}
