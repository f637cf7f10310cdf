import type { Finding } from '../../policy/findings/finding.ts';
import { snoozed } from '../../policy/findings/moves.ts';
import { type FleetPod, stateOf as podState } from '../../policy/fleet.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { claimPods, disownPod } from '../commands/owning.ts';
import { knownPods, MAX_PODS, ownersOf, rowOfPod } from '../commands/pods.ts';
import { askTask } from '../commands/stop-start.ts';
import { openTerminate } from '../commands/terminating.ts';
import { moveAll, SNOOZES, type SnoozeFor, snoozeAll } from '../commands/warnings.ts';
import type { Form } from '../message/form.ts';
import { card, type Message, note, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import type { Action, FormAction } from './declare.ts';

const UNKNOWN = 'That warning is not known any more. /pod warnings shows what there is.';
/** What one form may offer: the smaller of the platforms' limits. */
const MAX_CHOICES = 25;

const openOn = async (cardId: string, { findings }: Services): Promise<Finding[]> =>
  (await findings.onCard(cardId)).filter(({ status }) => status === 'open');

/** The pods that the open findings of a card are about, as they are known now. */
async function podsOn(cardId: string, services: Services): Promise<FleetPod[]> {
  const ids = (await openOn(cardId, services)).flatMap(({ facts }) => {
    if ('pod' in facts) return [facts.pod.id];
    return facts.rule === 'burn-jump' || facts.rule === 'two-writers' ? facts.pods.map(({ id }) => id) : [];
  });
  const known = new Map((await knownPods(services)).map((pod) => [pod.id, pod]));
  return ids.map((id) => known.get(id)).filter((pod) => pod !== undefined);
}

const LABELS: Record<SnoozeFor, string> = { '1d': '1 day', '7d': '7 days', change: 'Until it changes' };

/** Asks for how long, privately; that press snoozes. */
export const snooze: Action = {
  name: 'snooze',
  access: 'stop',
  keeps: true,
  async run({ id, choice }, asker, services) {
    const open = await openOn(id, services);
    if (open.length === 0) return note('info', 'That is over already.');
    const wanted = SNOOZES.find((one) => one === choice);
    if (wanted) return snoozeAll(open, wanted, asker, services);
    const buttons = SNOOZES.map((one) => ({ label: LABELS[one], token: `v1.snooze.${id}.${one}` }));
    return card('Snooze for how long?', 'info', [text('It is said again at once if it gets worse.')], buttons);
  },
};

/** Money is on its way: quiet for a day, or until the next step. */
export const topUp: Action = {
  name: 'top-up',
  access: 'stop',
  keeps: true,
  async run({ id }, asker, services) {
    const now = services.clocks.now();
    const finding = await services.findings.get(id);
    if (!finding) return note('warn', UNKNOWN);
    const moved = await moveAll([finding], snoozed(asker.who, now + 86_400_000, now, true), services);
    return moved.length === 0
      ? note('info', 'That is over already.')
      : note(
          'good',
          'Thank you. The card says so. It is said again if no money has come by half of the time that is left.',
        );
  },
};

async function podOf(id: string, services: Services): Promise<{ id: string; name: string } | null> {
  const finding = await services.findings.get(id);
  if (!finding || !('pod' in finding.facts)) return null;
  const { pod } = finding.facts;
  return (await knownPods(services)).find((known) => known.id === pod.id) ?? null;
}

export const claim: Action = {
  name: 'claim',
  access: 'launch',
  keeps: true,
  async run({ id }, asker, services) {
    const pod = await podOf(id, services);
    return pod ? claimPods([pod], asker, services) : note('warn', UNKNOWN);
  },
};

export const disown: Action = {
  name: 'disown',
  access: 'view',
  keeps: true,
  async run({ id }, asker, services) {
    const pod = await podOf(id, services);
    return pod ? disownPod(pod, asker, services) : note('warn', UNKNOWN);
  },
};

/** A form that chooses among pods, and what is done with those. */
function choosing(
  name: string,
  words: { title: string; submit: string; label: string; none: string },
  offered: (id: string, asker: Asker, services: Services) => Promise<FleetPod[]>,
  then: (pods: FleetPod[], asker: Asker, services: Services) => Promise<Message>,
): Pick<Action, 'name' | 'run' | 'form'> {
  const form: FormAction = {
    async open({ id }, asker, services): Promise<Form | Message> {
      const pods = (await offered(id, asker, services)).slice(0, MAX_CHOICES);
      if (pods.length === 0) return note('info', words.none);
      return {
        title: words.title,
        token: `v1.${name}.${id}`,
        submit: words.submit,
        intro: null,
        fields: [
          {
            kind: 'choices',
            id: 'pods',
            label: words.label,
            required: true,
            choices: pods.map((pod) => ({ value: pod.id, label: `${spokenName(pod.name)} (${pod.id})`.slice(0, 75) })),
            initial: [],
            atMost: Math.min(pods.length, MAX_CHOICES),
          },
        ],
      };
    },
    answers: {
      async check(_, answers) {
        return (answers.pods ?? []).length === 0 ? [{ field: 'pods', problem: 'Choose at least one pod.' }] : [];
      },
      async submit({ id }, answers, asker, services) {
        const chosen = (await offered(id, asker, services)).filter((pod) => answers.pods?.includes(pod.id));
        return chosen.length === 0 ? note('info', words.none) : then(chosen, asker, services);
      },
    },
  };
  return { name, run: async () => note('warn', 'Press the button on its card.'), form };
}

async function unowned(services: Services): Promise<FleetPod[]> {
  const pods = await knownPods(services);
  const owners = await ownersOf(pods, services);
  return pods.filter(({ id }) => !owners.has(id));
}

const CLAIM = {
  title: 'Claim pods',
  submit: 'Claim',
  label: 'Which are yours?',
  none: 'None of these is nobody’s any more.',
};

export const claimFound: Action = {
  access: 'launch',
  ...choosing('claim-found', CLAIM, (id, _, services) => podsOn(id, services), claimPods),
};

export const claimAll: Action = {
  access: 'launch',
  ...choosing('claim-all', CLAIM, (_id, _asker, services) => unowned(services), claimPods),
};

export const stopFound: Action = {
  access: 'stop',
  ...choosing(
    'stop-found',
    {
      title: 'Stop pods',
      submit: 'Stop',
      label: 'Which ones?',
      none: 'None of these is up any more.',
    },
    async (id, _, services) =>
      (await podsOn(id, services)).filter((pod) => !['stopped', 'error'].includes(podState(pod))),
    async (pods, asker, services) => {
      const rows = await Promise.all(pods.map((pod) => rowOfPod(pod, asker, services)));
      return askTask('stop', rows, asker, services);
    },
  ),
};

/** All pods of a shared card in one request; beyond what one form holds, the first of them. */
export const terminateFound: Action = {
  name: 'terminate-found',
  access: 'request',
  run: async () => note('warn', 'Press Terminate… on its card.'),
  form: {
    posts: true,
    async open({ id }, asker, services) {
      const pods = (await podsOn(id, services)).slice(0, MAX_PODS);
      return pods.length === 0
        ? note('info', 'None of these pods is there any more.')
        : openTerminate(pods, undefined, asker, services);
    },
  },
};
