import { z } from 'zod';
import type { AccountId, PersonRef } from '../policy/identity.ts';
import { spokenRow } from '../policy/ledger.ts';
import { spokenName } from '../policy/pod-names.ts';
import type { DirectAnswer } from '../store/direct-line.ts';
import { CONFIRMED, parseToken } from './actions/declare.ts';
import { UsageError } from './commands/parse.ts';
import { knownPods, namedPods } from './commands/pods.ts';
import { STORE_AWAY } from './inbox-words.ts';
import { card, type Message, note, text } from './message/message.ts';
import { nameFor, type Standings } from './people.ts';
import { roomAt } from './rooms.ts';
import type { Services } from './services.ts';
import type { Work } from './work.ts';

/** Asks a worker to stop a pod, with nothing written. */
export type StopDirectly = (pod: string, by: PersonRef) => Promise<DirectAnswer>;

const FULL = 'Redis is out of memory, so nothing can be recorded';
const ELSE = `${FULL}: no launch, no start and no approval. Ask whoever runs Podwarden to give it more memory. I keep trying for ten minutes, or until I am restarted: look at /pod list before you try again. Stop works meanwhile: run /pod stop with the pod’s name.`;
const AFTERWARDS = 'Its card follows once Redis takes writes again.';

interface Answer {
  message: Message;
  isDone: boolean;
}

interface Target {
  id: string;
  name: string;
}

/**
 * What people hear while Redis is out of memory. Reads work then, and messages between bot and worker; whoever may stop can
 * stop, and it is recorded afterwards.
 */
export class OutOfMemory {
  private readonly services: Services;
  private readonly standings: Standings;
  private readonly stopDirectly: StopDirectly;

  constructor(services: Services, standings: Standings, stopDirectly: StopDirectly) {
    this.services = services;
    this.standings = standings;
    this.stopDirectly = stopDirectly;
  }

  /** `isDone`: it is not to be carried out once Redis takes it. A Redis that is full may go away as well. */
  async answer(work: Work): Promise<Answer> {
    return this.answerOf(work).catch((error: Error) => {
      this.services.log.warn({ error: error.message }, 'Redis is full, and was asked in vain');
      return { message: note('warn', STORE_AWAY), isDone: false };
    });
  }

  private async answerOf(work: Work): Promise<Answer> {
    const token = work.kind === 'click' ? parseToken(work.token) : null;
    const isCommand = work.kind === 'command' && work.command === 'stop';
    if (!isCommand && token?.name !== 'stop' && token?.name !== 'stop-all')
      return { message: note('warn', ELSE), isDone: false };
    const { may, person } = await this.standing(work.account);
    if (!may)
      return {
        message: note(
          'bad',
          'You are not allowed to stop pods here, or Podwarden cannot check it while Redis is out of memory. Stop the pod in Runpod’s console, or ask somebody who may.',
        ),
        isDone: true,
      };
    const by = { account: work.account, person, name: nameFor(person, work.name, this.services.policy) };
    if (work.kind === 'command' && roomAt(work.place, this.services.policy) === null)
      return { message: note('warn', 'This channel is not one of Podwarden’s rooms.'), isDone: true };
    try {
      const pods =
        work.kind === 'command'
          ? await this.named(String(work.args.pods ?? ''))
          : await this.pressed(token?.name ?? '', token?.target.id ?? '');
      if (isCommand || (token?.name === 'stop' && !token.confirmed)) return { message: askFor(pods), isDone: true };
      const lines = await Promise.all(pods.map(async (pod) => said(pod, await this.stopDirectly(pod.id, by))));
      return {
        message: card(
          `${FULL}`,
          'warn',
          lines.map((line) => text(line)),
        ),
        isDone: false,
      };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { message: note('warn', error.message), isDone: true };
    }
  }

  /** From what is kept: a live read would have to be written, and fails. */
  private async standing(account: AccountId) {
    const found = await this.standings.of(account, 'kept').catch(() => null);
    return { may: found?.access.may.has('stop') ?? false, person: found?.person ?? null };
  }

  private async named(word: string): Promise<Target[]> {
    return (await namedPods(word.replace(/\s*,\s*/g, ','), this.services)).map(targetOf);
  }

  private async pressed(action: string, id: string): Promise<Target[]> {
    const { ledger, drafts } = this.services;
    if (action === 'stop') {
      const row = await ledger.get(id);
      if (row) return row.podId === null ? [] : [{ id: row.podId, name: spokenName(spokenRow(row)) }];
    }
    const draft = z.object({ pods: z.array(z.string()) }).safeParse(action === 'stop' ? null : await drafts.get(id));
    const wanted = draft.success ? draft.data.pods : [id];
    const pods = (await knownPods(this.services)).filter((pod) => wanted.includes(pod.id));
    if (pods.length === 0) throw new UsageError('I do not know that pod. /pod list shows what there is.');
    return pods.map(targetOf);
  }
}

const targetOf = ({ id, name }: Target): Target => ({ id, name: spokenName(name) });

function askFor(pods: readonly Target[]): Message {
  const [first] = pods;
  const title = pods.length === 1 ? `Stop ${first?.name}?` : `Stop ${pods.length} pods?`;
  const how = `${FULL}. The worker can stop a pod without it: the GPU goes back, and what is outside of volumes is lost. ${AFTERWARDS}`;
  const buttons = pods.map(({ id, name }) => ({
    label: pods.length === 1 ? 'Stop' : `Stop ${name}`.slice(0, 40),
    token: `v1.stop.${id}${CONFIRMED}`,
    style: 'danger' as const,
  }));
  return card(title, 'warn', [text(how)], buttons);
}

const CONSOLE = 'in Runpod’s console';

function said({ name }: Target, { kind, detail }: DirectAnswer): string {
  switch (kind) {
    case 'stopped':
      return `${name} is stopped: Runpod showed it as off afterwards. ${AFTERWARDS}`;
    case 'accepted':
      return `Runpod accepted the stop of ${name}, and still showed it as up a few seconds later. Look at it ${CONSOLE}.`;
    case 'refused':
      return `Runpod refused to stop ${name}: ${detail}. Look at it ${CONSOLE}.`;
    case 'failed':
      return `${name} may not be stopped: ${detail}. Stop it ${CONSOLE}.`;
    case 'no-worker':
      return `No worker is connected to Redis, so nobody asked Runpod to stop ${name}. Stop it ${CONSOLE}.`;
    case 'no-answer':
      return `The worker did not answer in time, so I cannot tell whether ${name} was stopped. Look at it ${CONSOLE}.`;
  }
}
