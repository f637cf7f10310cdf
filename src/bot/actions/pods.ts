import { z } from 'zod';
import { readPod } from '../../jobs/names.ts';
import { stateOf } from '../../policy/fleet.ts';
import type { Row } from '../../policy/ledger.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { knownPods, rowOfPod } from '../commands/pods.ts';
import { askTask, stoppingPod } from '../commands/stop-start.ts';
import { card, code, fields, moment, money, note, type Span, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { costSoFar } from '../views/pod-card.ts';
import { stopConfirm } from '../views/stop.ts';
import { gpuOfRow, podOfRow, storageText, user } from '../views/words.ts';
import type { Action } from './declare.ts';

const GONE = 'Podwarden does not know that pod any more. /pod list shows what there is.';

/** By the row's id, or by the pod's where nobody acted on it yet: that makes its row. */
async function rowFor(id: string, asker: Asker, services: Services): Promise<Row | null> {
  const row = await services.ledger.get(id);
  if (row) return row;
  const pod = (await knownPods(services)).find((known) => known.id === id);
  return pod ? rowOfPod(pod, asker, services) : null;
}

/** Stop on a card: asks once, since the card does not show what is lost. */
export const stop: Action = {
  name: 'stop',
  access: 'stop',
  async confirm({ id }, services) {
    const row = await services.ledger.get(id);
    const pod = row ? undefined : (await knownPods(services)).find((known) => known.id === id);
    // What stop would do is told of pods that it does something to.
    if (pod) return stateOf(pod) === 'error' ? null : stopConfirm(stoppingPod(pod));
    if (!row?.facts || row.task?.state === 'open' || row.facts.odd?.status === 'ERROR') return null;
    return stopConfirm({
      name: spokenName(row.facts.name),
      gpu: gpuOfRow(row),
      microUsdPerHour: row.facts.microUsdPerHour,
      storage: row.facts,
      savingsPlan: row.facts.savingsPlan,
    });
  },
  async run({ id }, asker, services) {
    const row = await rowFor(id, asker, services);
    return row ? askTask('stop', [row], asker, services) : note('warn', GONE);
  },
};

/** A locked pod refuses to stop: somebody locked it on purpose, so taking the lock away is a press of its own. */
export const unlockStop: Action = {
  name: 'unlock-stop',
  access: 'stop',
  confirm: (target, services, asker) => stop.confirm?.(target, services, asker) ?? Promise.resolve(null),
  async run({ id }, asker, services) {
    const row = await rowFor(id, asker, services);
    return row ? askTask('stop', [row], asker, services, { unlock: true }) : note('warn', GONE);
  },
};

/** Stop under the four lines: that press stops. */
export const stopAll: Action = {
  name: 'stop-all',
  access: 'stop',
  async run({ id }, asker, services) {
    const draft = z.object({ pods: z.array(z.string()) }).safeParse(await services.drafts.get(id));
    if (!draft.success) return note('warn', 'That question has lapsed. Type /pod stop again.');
    // One that is gone by now does not hold the others up.
    const known = new Map((await knownPods(services)).map((pod) => [pod.id, pod]));
    const pods = draft.data.pods.map((id) => known.get(id)).filter((pod) => pod !== undefined);
    if (pods.length === 0) return note('info', 'None of these pods is there any more.');
    const rows = await Promise.all(pods.map((pod) => rowOfPod(pod, asker, services)));
    return askTask('stop', rows, asker, services);
  },
};

export const start: Action = {
  name: 'start',
  access: 'start',
  async run({ id, choice }, asker, services) {
    const row = await rowFor(id, asker, services);
    return row ? askTask('start', [row], asker, services, { asOnDemand: choice === 'on-demand' }) : note('warn', GONE);
  },
};

/** SSH and addresses, read now and told to one person: they change at every start, and are public without a login. */
export const connect: Action = {
  name: 'connect',
  access: 'launch',
  keeps: true,
  async run({ id }, asker, services) {
    const row = await services.ledger.get(id);
    const pod = row ? row.podId : id;
    if (pod === null) return note('info', 'There is no pod yet; its card follows the launch.');
    const reply = await asker.keepReply();
    await services.enqueue(readPod, { pod, reply, view: 'connect' });
    return note('info', 'Reading from RunPod…');
  },
};

/** What the present run has come to. */
function costs({ status, facts }: Row, now: number): [string, ...(Span | string)[]][] {
  return status === 'running' && facts ? [['Cost so far', ...costSoFar(facts, now)]] : [];
}

export const more: Action = {
  name: 'more',
  access: 'view',
  keeps: true,
  async run({ id }, asker, services) {
    const row = await rowFor(id, asker, services);
    if (!row) return note('warn', GONE);
    const { facts } = row;
    const buttons = [
      { label: 'Connect', token: `v1.connect.${row.id}` },
      row.status === 'stopped'
        ? { label: 'Start', token: `v1.start.${row.id}` }
        : {
            label: 'Stop',
            token: `v1.stop.${row.id}`,
            ...(facts
              ? {
                  confirm: stopConfirm({
                    name: spokenName(facts.name),
                    gpu: gpuOfRow(row),
                    microUsdPerHour: facts.microUsdPerHour,
                    storage: facts,
                    savingsPlan: facts.savingsPlan,
                  }),
                }
              : {}),
          },
      { label: 'Terminate…', token: `v1.terminate.${row.id}` },
    ];
    return card(
      `${podOfRow(row)} in detail`,
      'info',
      [
        fields(
          ['Full name', code(facts?.name ?? row.attempts.at(-1)?.podName ?? 'none yet')],
          ['Pod id', code(row.podId ?? 'none yet')],
          ['Launched by', user(row.by)],
          ['Asked for', moment(row.createdAt)],
          ['Rate while up', facts ? money(facts.microUsdPerHour, 'hour') : 'not known'],
          ...costs(row, services.clocks.now()),
          ['Storage', facts ? storageText(facts) : 'not known'],
        ),
        text(`Created in ${Math.max(1, row.attempts.length)} ${row.attempts.length > 1 ? 'attempts' : 'attempt'}.`),
      ],
      row.podId === null ? [] : buttons,
    );
  },
};
