import type { Evidence, StormEvent, StormMessage } from '../../storm/judge/evidence.ts';

/** A click, form or command that was acknowledged and answered. */
export function event(of: Partial<StormEvent> & { text?: string }): StormEvent {
  const { text, ...given } = of;
  return {
    chat: 'slack',
    number: 1,
    kind: 'command',
    person: 'alice',
    channel: 'gpu',
    what: '/pod list',
    token: '',
    about: '',
    sentAt: 1000,
    acknowledgedAt: 1010,
    answers: text === undefined ? [] : [{ kind: 'message', text, at: 1100 }],
    ...given,
  };
}

export const message = (text: string, of: Partial<StormMessage> = {}): StormMessage => ({
  chat: 'slack',
  id: text,
  channel: 'gpu',
  thread: false,
  author: null,
  onlyFor: null,
  posted: 1,
  known: true,
  text,
  ...of,
});

export const LAUNCH = event({ what: '/pod launch a6000 name=k1', text: 'Queued k1 on RTX A6000.' });
export const FORM = event({
  kind: 'form',
  what: 'Terminate a pod',
  token: 'v1.terminate.d1',
  text: 'Asked to terminate k2\nSomebody else must approve it.',
});
export const APPROVE = event({
  kind: 'click',
  person: 'bob',
  what: 'Approve',
  token: 'v1.approve.b1',
  about: 'alice asks to terminate k2',
  text: 'k2: Approved by bob. It is carried out now.',
});

/** alice launched k1 and k2, and k2 was terminated as she asked and bob approved: nothing is wrong. */
export function calm(): Evidence {
  const second = event({ what: '/pod launch a6000 name=k2', text: 'Queued k2 on RTX A6000.' });
  return structuredClone({
    events: [LAUNCH, second, FORM, APPROVE],
    messages: [
      message('🟢 k1: Running on RTX A6000\nOwner: @alice'),
      message('k2: Terminated\nThe pod is gone from RunPod.'),
      message('k2: Terminated\nApproved by bob.', { thread: true, id: 'request' }),
      message('/pod list', { author: 'alice', known: false, id: 'typed' }),
    ],
    pods: [{ id: 'id1', name: 'k1', status: 'RUNNING' }],
    made: [
      { id: 'id0', name: 'vision' },
      { id: 'id1', name: 'k1' },
      { id: 'id2', name: 'k2' },
    ],
    others: ['vision'],
    calls: [
      { method: 'POST', path: '/v2/pods', status: 201 },
      { method: 'DELETE', path: '/v2/pods/id2', status: 204 },
    ],
    rows: [
      { name: 'k1', status: 'running' },
      { name: 'k2', status: 'terminated' },
    ],
    requests: [
      {
        id: 'b1-0',
        batch: 'b1',
        podId: 'id2',
        name: 'k2',
        status: 'done',
        by: 'alice',
        votes: [{ person: 'bob', chat: 'slack' }],
        quorum: 1,
        sent: true,
      },
    ],
    warnings: ['unowned vision'],
    launchers: ['alice', 'bob', 'carol'],
    approvers: ['bob', 'carol'],
    absences: [],
    audit: {
      problem: null,
      entries: [
        { n: 1, kind: 'request-made', actor: 'alice', request: 'b1-0' },
        { n: 2, kind: 'request-approved', actor: 'bob', request: 'b1-0' },
        { n: 3, kind: 'runpod-delete', actor: null, request: 'b1-0' },
      ],
    },
    leftovers: [],
    crashes: [],
    brokenRules: [],
  } satisfies Evidence);
}
