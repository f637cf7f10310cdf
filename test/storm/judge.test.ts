import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../storm/judge/evidence.ts';
import { judge } from '../../storm/judge/judge.ts';
import { APPROVE, calm, event, FORM, LAUNCH, message } from './evidence.ts';

type Plant = (evidence: Evidence) => void;
const WRONG = 'Something went wrong on our side, and nothing more was done. The id for the log is x.';
const saying = (of: typeof LAUNCH, text: string) => ({ ...of, answers: [{ kind: 'message' as const, text, at: 1 }] });
const only = <T>(list: T[]): T => list[0] as T;

/** Each rule with records that break it. */
const PLANTED: [rule: string, what: string, plant: Plant][] = [
  ['launched-twice', 'two pods for one command', ({ made }) => made.push({ id: 'id3', name: 'k1' })],
  [
    'launched-without-right',
    'a pod for somebody without the right',
    ({ events }) => {
      events[0] = { ...LAUNCH, person: 'mallory' };
    },
  ],
  [
    'launch-lost',
    'an acknowledged launch without a pod, a card or a refusal',
    (evidence) => {
      evidence.made = evidence.made.filter(({ name }) => name !== 'k1');
      evidence.pods = [];
      evidence.messages = evidence.messages.filter(({ text }) => !text.includes('k1'));
    },
  ],
  ['pod-from-nowhere', 'a pod that nobody asked for', ({ made }) => made.push({ id: 'id3', name: 'k9' })],
  [
    'requested-twice',
    'two requests from one form',
    ({ requests }) =>
      requests.push({ ...only(requests), id: 'b2-0', batch: 'b2', sent: false, status: 'denied', votes: [] }),
  ],
  [
    'request-lost',
    'somebody who was told of a request that is not there',
    ({ events }) => events.push(saying(FORM, 'Asked to terminate k1')),
  ],
  [
    'task-lost',
    'a stop that was promised and never asked of RunPod',
    ({ events }) => events.push(event({ kind: 'click', what: 'Stop', text: 'Stopping k1. Its card follows it.' })),
  ],
  ['no-answer', 'an acknowledged command that nobody answered', ({ events }) => events.push(event({}))],
  [
    'answered-twice',
    'two final answers to one command',
    ({ events }) => {
      events[0] = { ...LAUNCH, answers: [...LAUNCH.answers, { kind: 'message', text: WRONG, at: 2 }] };
    },
  ],
  [
    'answered-twice',
    'the same answer in two messages',
    ({ events }) => {
      events[0] = { ...LAUNCH, answers: [...LAUNCH.answers, ...LAUNCH.answers] };
    },
  ],
  [
    'card-unfinished',
    'a card that still says launching',
    ({ messages }) => {
      messages[0] = message('k1: launching on RTX A6000');
    },
  ],
  [
    'card-untrue',
    'a card that says Running of a pod that is off',
    ({ pods }) => {
      only(pods).status = 'EXITED';
    },
  ],
  [
    'card-untrue',
    'a card that says Terminated of a pod that bills',
    ({ pods }) => pods.push({ id: 'id2', name: 'k2', status: 'RUNNING' }),
  ],
  [
    'card-untrue',
    'a card that says that it was not launched',
    ({ messages }) => {
      messages[0] = message('k1: not launched on RTX A6000');
    },
  ],
  [
    'no-card',
    'a pod without a card',
    (evidence) => {
      evidence.messages = evidence.messages.filter(({ text }) => !text.includes('k1'));
    },
  ],
  [
    'denied-though-done',
    'a launch that is said to have done nothing',
    ({ events }) => {
      events[0] = saying(LAUNCH, WRONG);
    },
  ],
  [
    'denied-though-done',
    'a form that is said to have done nothing',
    ({ events }) => {
      events[2] = saying(FORM, WRONG);
    },
  ],
  [
    'denied-though-done',
    'an approval that is said to have done nothing',
    ({ events }) => {
      events[3] = saying(APPROVE, WRONG);
    },
  ],
  [
    'ending-untrue',
    'a request that says that nothing was deleted',
    (evidence) => {
      only(evidence.requests).status = 'void';
      evidence.messages[2] = message('k2: request void\nVoid: it changed. Nothing was deleted.', { thread: true });
    },
  ],
  [
    'ending-untrue',
    'a request that says Terminated of a pod that is there',
    ({ pods }) => pods.push({ id: 'id2', name: 'k2', status: 'EXITED' }),
  ],
  [
    'deleted-unasked',
    'a deletion that no request stands for',
    (evidence) => {
      evidence.requests = [];
    },
  ],
  [
    'deleted-unapproved',
    'a deletion with too few approvals',
    ({ requests }) => {
      only(requests).quorum = 2;
    },
  ],
  [
    'approved-own',
    'a requester who approves',
    ({ requests, events }) => {
      only(requests).votes = [{ person: 'alice', chat: 'slack' }];
      events.push({ ...APPROVE, person: 'alice' });
    },
  ],
  [
    'approved-without-right',
    'an approver without the right',
    ({ requests, events }) => {
      only(requests).votes = [{ person: 'gwen', chat: 'slack' }];
      events.push({ ...APPROVE, person: 'gwen' });
    },
  ],
  [
    'vote-without-click',
    'a vote of somebody who pressed nothing',
    (evidence) => {
      evidence.events = evidence.events.filter(({ what }) => what !== 'Approve');
    },
  ],
  [
    'vote-without-click',
    'a vote on another chat than that of the click',
    ({ requests }) => {
      only(requests).votes = [{ person: 'bob', chat: 'discord' }];
    },
  ],
  [
    'approved-while-away',
    'an approver who was deactivated at that moment',
    ({ absences }) => absences.push({ person: 'bob', from: 900, to: 1200 }),
  ],
  [
    'deletion-not-logged',
    'a deletion that was logged before its approval',
    ({ audit }) => {
      audit.entries[1] = { n: 4, kind: 'request-approved', actor: 'bob', request: 'b1-0' };
    },
  ],
  [
    'deletion-not-logged',
    'a deletion whose only logged approval is the requester’s',
    ({ audit }) => {
      audit.entries[1] = { n: 2, kind: 'request-approved', actor: 'alice', request: 'b1-0' };
    },
  ],
  [
    'posted-twice',
    'a message that the bot does not know',
    ({ messages }) => messages.push(message('@alice your pod is up', { thread: true, known: false })),
  ],
  [
    'card-twice',
    'two cards of one pod',
    ({ messages }) => messages.push(message('k1: Running on RTX A6000', { id: '2' })),
  ],
  [
    'title-twice',
    'the same digest twice',
    ({ messages }) =>
      messages.push(message('Costs of Tuesday\n$1', { id: '3' }), message('Costs of Tuesday\n$2', { id: '4' })),
  ],
  ['warning-twice', 'the same warning open twice', ({ warnings }) => warnings.push('unowned vision')],
  [
    'row-stuck',
    'a row that is still stopping',
    ({ rows }) => {
      only(rows).status = 'stopping';
    },
  ],
  [
    'request-stuck',
    'a request that is still carried out',
    ({ requests }) => {
      only(requests).status = 'executing';
    },
  ],
  ['left-over', 'a job that nobody worked', ({ leftovers }) => leftovers.push('job announce {}')],
  ['crashed', 'a bot that ended by itself', ({ crashes }) => crashes.push('bot (1)')],
  ['platform-rule', 'a message that a platform refuses', ({ brokenRules }) => brokenRules.push('no content')],
  [
    'audit-broken',
    'an edited audit log',
    ({ audit }) => {
      audit.problem = 'entry 3 was edited';
    },
  ],
];

describe('the judge', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(judge(calm())).toEqual([]);
  });

  it.each(PLANTED)('finds %s: %s', (rule, _, plant) => {
    const evidence = calm();
    plant(evidence);
    expect(judge(evidence).map((found) => found.rule)).toContain(rule);
  });

  it('has a planted violation for each of its rules', () => {
    const folder = fileURLToPath(new URL('../../storm/judge', import.meta.url));
    const sources = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
    const rules = sources.flatMap((text) => [...text.matchAll(/(?:rule: |say\()'([a-z-]+)'/g)].map(([, rule]) => rule));
    expect([...new Set(rules)].sort()).toEqual([...new Set(PLANTED.map(([rule]) => rule))].sort());
  });
});

describe('what the judge lets pass', () => {
  const passes: [string, Plant][] = [
    ['an event that nobody acknowledged', ({ events }) => events.push(event({ acknowledgedAt: null }))],
    [
      'a pod for a launch whose acknowledgement came too late',
      ({ events }) => {
        events[0] = { ...LAUNCH, acknowledgedAt: null };
      },
    ],
    [
      'an answer by direct message, where the address has lapsed',
      ({ events, messages }) => {
        events.push(event({}));
        messages.push(message('You are alice.', { channel: null, onlyFor: 'alice' }));
      },
    ],
    [
      'a word that the answer will follow, before it does',
      ({ events }) =>
        events.push(
          event({
            answers: ['Reading from RunPod…', 'Connect to k1'].map((text) => ({ kind: 'message', text, at: 1 })),
          }),
        ),
    ],
    [
      'a refusal that says so, where there is no pod',
      ({ events }) =>
        events.push(event({ what: '/pod launch nothing name=k7', text: 'RunPod has no GPU called nothing.' })),
    ],
    [
      'the same edit once more, which nobody sees',
      ({ events }) =>
        events.push(event({ chat: 'discord', answers: ['a', 'a'].map((text) => ({ kind: 'message', text, at: 1 })) })),
    ],
    [
      'a line in the channel, under the name of its closed thread',
      ({ messages }) =>
        messages.push(message('k1: Running\nPosted here because I can’t post in its thread.', { id: '3' })),
    ],
    [
      'a warning of a chat that refused twice, twice',
      ({ messages }) => {
        const title = 'Over: A chat does not know Podwarden any more';
        messages.push(message(title, { id: '3' }), message(title, { id: '4' }));
      },
    ],
    ['an approver who was deactivated later', ({ absences }) => absences.push({ person: 'bob', from: 1500, to: 2000 })],
  ];

  it.each(passes)('%s', (_, plant) => {
    const evidence = calm();
    plant(evidence);
    expect(judge(evidence)).toEqual([]);
  });
});
