import { chatsOf } from '../../jobs/approvals.ts';
import { declaredFor } from '../../policy/identity.ts';
import { knownPods, MAX_PODS, podsOwnedBy } from '../commands/pods.ts';
import { checkTerminate, openTerminate, reopen, submitTerminate } from '../commands/terminating.ts';
import { note } from '../message/message.ts';
import { personToken } from '../views/handover.ts';
import type { Action } from './declare.ts';
import { UNKNOWN } from './requests.ts';

/** The Terminate button of a card, and the form that `/pod terminate` opens. */
export const terminate: Action = {
  name: 'terminate',
  access: 'request',
  async run() {
    return note('warn', 'Press Terminate on the pod’s card, or type /pod terminate.');
  },
  form: {
    posts: true,
    async open({ id }, asker, services) {
      const row = await services.ledger.get(id);
      const podId = row ? row.podId : id;
      const pod = (await knownPods(services)).find((known) => known.id === podId);
      return pod ? openTerminate([pod], undefined, asker, services) : reopen(id, services);
    },
    answers: {
      check: ({ id }, answers, services) => checkTerminate(id, answers, services),
      submit: ({ id }, answers, asker, services) => submitTerminate(id, answers, asker, services),
    },
  },
};

/** One button to ask again, with the same pods. */
export const askAgain: Action = {
  name: 'ask-again',
  access: 'request',
  run: terminate.run,
  form: {
    async open({ id }, asker, services) {
      const records = await services.approvals.inBatch(id);
      const wanted = records.filter(({ status }) => status !== 'done').map(({ podId }) => podId);
      const pods = (await knownPods(services)).filter((pod) => wanted.includes(pod.id));
      if (pods.length === 0) return note('info', 'None of these pods is there any more.');
      return openTerminate(pods, records[0]?.reason ?? undefined, asker, services);
    },
  },
};

/** The pods of somebody who left, in one form. */
export const terminateOf: Action = {
  name: 'terminate-of',
  access: 'request',
  run: terminate.run,
  form: {
    async open({ id }, asker, services) {
      const lists = await Promise.all(chatsOf(services.policy).map((chat) => services.snapshots.members(chat)));
      const everyone = lists.flatMap((members) => Object.entries(members.accounts));
      for (const [account, { name }] of everyone) {
        const who = { account, person: declaredFor(account, services.policy.people)?.key ?? null, name };
        if (personToken(who) !== id) continue;
        const pods = (await podsOwnedBy(who, services)).slice(0, MAX_PODS);
        return pods.length === 0
          ? note('info', 'None of these pods is there any more.')
          : openTerminate(pods, undefined, asker, services);
      }
      return note('warn', UNKNOWN);
    },
  },
};
