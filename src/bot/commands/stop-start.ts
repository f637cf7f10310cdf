import { z } from 'zod';
import { type FleetPod, isLaunching, stateOf } from '../../policy/fleet.ts';
import type { Row } from '../../policy/ledger.ts';
import * as moves from '../../policy/ledger-moves.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { type Block, card, type Message, note, orElse, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { NOTHING_TO_STOP } from '../views/odd-card.ts';
import { type StoppingPod, stopLines } from '../views/stop.ts';
import { gpuText, podOfRow } from '../views/words.ts';
import { defineCommand } from './declare.ts';
import { beyondText, type Gate, gateFor } from './gate.ts';
import { followUp } from './launching.ts';
import { namedPods, podsArgument, rowOfPod, suggestPods } from './pods.ts';

export const stop = defineCommand({
  name: 'stop',
  summary: 'Stop pods: the GPU goes back, the volume disk stays and bills double',
  args: z.strictObject({ pods: podsArgument }),
  positional: ['pods'],
  access: 'stop',
  outsideRooms: false,
  examples: ['stop run7', 'stop run7,vision'],
  suggest: { pods: suggestPods },
  async run(args, _asker, services) {
    const named = await namedPods(args.pods.replace(/\s*,\s*/g, ','), services);
    const coming = await Promise.all(named.filter(isLaunching).map((pod) => stillLaunching(pod, services)));
    const failed = named.filter((pod) => stateOf(pod) === 'error').map((pod) => spokenName(pod.name));
    const up = named.filter((pod) => !['stopped', 'error'].includes(stateOf(pod)) && !isLaunching(pod));
    const off = named.filter((pod) => stateOf(pod) === 'stopped').map((pod) => spokenName(pod.name));
    const said = [
      ...(off.length > 0 ? [text(`Already off: ${off.join(', ')}.`)] : []),
      ...failed.map((name) => text(`${name}: ${NOTHING_TO_STOP}`)),
      ...coming,
    ];
    if (up.length === 0) return note('info', ...orElse(said, text('No such pod. /pod list shows what there is.')));
    const draft = services.newId();
    await services.drafts.put(draft, { pods: up.map((pod) => pod.id) });
    const title = up.length === 1 ? `Stop ${spokenName(up[0]?.name ?? '')}?` : `Stop ${up.length} pods?`;
    const button = { label: 'Stop', token: `v1.stop-all.${draft}`, style: 'danger' as const };
    return card(title, 'warn', [...up.flatMap((pod) => stopLines(stoppingPod(pod))), ...said], [button]);
  },
});

async function stillLaunching(pod: FleetPod, services: Services): Promise<Block> {
  const row = await services.ledger.get(pod.id);
  const name = spokenName(pod.name);
  const by = row ? ` by ${row.by.name}` : '';
  return text(
    `${name} is still being launched${by}, so there is no pod to stop yet. Its card gets a Stop button with the pod, or run /pod stop ${name} again then.`,
  );
}

export function stoppingPod(pod: FleetPod): StoppingPod {
  return {
    name: spokenName(pod.name),
    gpu: gpuText(pod.gpuName, pod.gpuCount),
    microUsdPerHour: pod.microUsdPerHour,
    storage: pod,
    savingsPlan: pod.savingsPlan,
  };
}

export const start = defineCommand({
  name: 'start',
  summary: 'Start pods that are off, on their own hosts',
  args: z.strictObject({ pods: podsArgument }),
  positional: ['pods'],
  access: 'start',
  outsideRooms: false,
  examples: ['start run7'],
  suggest: { pods: suggestPods },
  async run(args, asker, services) {
    const named = await namedPods(args.pods.replace(/\s*,\s*/g, ','), services);
    const rows = await Promise.all(named.map((pod) => rowOfPod(pod, asker, services)));
    return askTask('start', rows, asker, services);
  },
});

/** Writes the task into each row; what stands in the way of one pod does not hold the others up. */
export async function askTask(
  kind: 'stop' | 'start',
  rows: Row[],
  asker: Asker,
  services: Services,
  { asOnDemand = false, unlock = false }: { asOnDemand?: boolean; unlock?: boolean } = {},
): Promise<Message> {
  const now = services.clocks.now();
  const blocks = await Promise.all(
    rows.map(async (row) => {
      const elsewhere = row.home.chat !== asker.place.chat || row.home.channel !== asker.place.channel;
      const reply = elsewhere ? await asker.keepReply() : null;
      const task = { id: services.newId(), kind, by: asker.who, at: now, asOnDemand, reply, unlock };
      const move = moves.ask(task, now);
      const gate = kind === 'start' ? await gateFor(row, row.facts?.microUsdPerHour ?? 0, services) : null;
      const result = await services.ledger.moveJudged(row.id, move, gate?.judge ?? (() => null));
      if (result && 'refused' in result)
        return text(`${podOfRow(row)}: ${whyNot(gate, result.refused, asker, services)}`);
      if (!result?.moved) return notMoved(kind, result?.row ?? row, services);
      await followUp(result.row, services);
      const doing = kind === 'stop' ? 'Stopping' : 'Starting';
      const where = elsewhere ? 'I tell you here when it is done.' : 'Its card follows it.';
      return text(`${doing} ${podOfRow(result.row)}. ${where}`);
    }),
  );
  return note('info', ...orElse(blocks, text('No such pod. /pod list shows what there is.')));
}

function whyNot(gate: Gate | null, refused: string, asker: Asker, services: Services): string {
  const passed = gate?.passed() ?? null;
  if (passed === null) return refused;
  return `not started. ${beyondText(passed, asker.access.may.has('money'), services)}`;
}

async function notMoved(kind: 'stop' | 'start', row: Row, services: Services): Promise<Block> {
  // It may have been stopped in between, and have no card yet.
  if (kind === 'stop') await followUp(row, services);
  return text(standsInTheWay(kind, row));
}

function standsInTheWay(kind: 'stop' | 'start', row: Row): string {
  const pod = podOfRow(row);
  if (row.task?.state === 'open')
    return `${pod}: ${row.task.by.name} pressed ${row.task.kind === 'stop' ? 'Stop' : 'Start'} already, and it is under way.`;
  if (row.status === 'terminated') return `${pod} is gone from RunPod.`;
  if (row.podId === null) return `${pod} has no pod yet; its card follows the launch.`;
  if (kind === 'stop' && row.facts?.odd?.status === 'ERROR') return `${pod}: ${NOTHING_TO_STOP}`;
  return kind === 'stop' ? `${pod} is already off.` : `${pod} is already up.`;
}
