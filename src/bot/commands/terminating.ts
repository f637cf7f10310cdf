import { createHash } from 'node:crypto';
import { z } from 'zod';
import { chatsOf, ownerOfPod, requestEntry } from '../../jobs/approvals.ts';
import { announceRequest } from '../../jobs/names.ts';
import {
  type Approval,
  type DataStatement,
  dataStatement,
  EXPIRY,
  REMIND_AFTER_WORKING_HOURS,
} from '../../policy/approval.ts';
import { anyoneEligible } from '../../policy/approvers.ts';
import { factsOf } from '../../policy/facts.ts';
import { fingerprintOf } from '../../policy/fingerprint.ts';
import { type FleetPod, isLaunching, statusText } from '../../policy/fleet.ts';
import { type AccountId, accountsOf, bare, type PersonRef } from '../../policy/identity.ts';
import { ownerKey, spokenName } from '../../policy/pod-names.ts';
import { losesData } from '../../policy/survival.ts';
import { afterWorkingHours } from '../../policy/working-time.ts';
import { type Answers, type Choice, type Form, type FormProblem, MAX_ANSWER } from '../message/form.ts';
import { card, type Message, note, text } from '../message/message.ts';
import { everybody } from '../people.ts';
import type { Asker, Services } from '../services.ts';
import { openRequest } from '../views/request-words.ts';
import { gpuText } from '../views/words.ts';
import { knownPods, rowOfPod } from './pods.ts';

const draftSchema = z.object({ pods: z.array(z.string()), reason: z.string().optional() });
const kept = z.record(z.string(), z.array(z.string()));

const DATA: Choice[] = [
  { value: 'nothing', label: 'Nothing to keep' },
  { value: 'local', label: 'Pulled to local, and loaded from there' },
  { value: 'network-volume', label: 'On network volume, and loaded from there' },
];

/** A form that asks to terminate these pods; or why there is none. */
export async function openTerminate(
  pods: FleetPod[],
  reason: string | undefined,
  asker: Asker,
  services: Services,
): Promise<Form | Message> {
  const refusal = (await refuse(pods, services)) ?? (await nobodyElse(asker, services));
  if (refusal && refusal !== 'unknown') return refusal;
  const id = services.newId();
  await services.drafts.put(id, { pods: pods.map((pod) => pod.id), reason });
  return formFor(id, pods, { reason: reason === undefined ? [] : [reason] }, refusal === 'unknown');
}

/** The form of a draft, as it was left. */
export async function reopen(id: string, services: Services): Promise<Form | Message> {
  const pods = await draftPods(id, services);
  if (pods.length === 0) return note('warn', 'That form has lapsed. Type /pod terminate again.');
  const answers = kept.safeParse(await services.drafts.get(`answers-${id}`));
  return formFor(id, pods, answers.success ? answers.data : {}, false);
}

async function draftPods(id: string, services: Services): Promise<FleetPod[]> {
  const draft = draftSchema.safeParse(await services.drafts.get(id));
  const known = await knownPods(services);
  // In the order in which they were named.
  return draft.success ? draft.data.pods.flatMap((podId) => known.find((pod) => pod.id === podId) ?? []) : [];
}

function formFor(id: string, pods: FleetPod[], given: Answers, unsure: boolean): Form {
  const asksData = pods.some(losesData);
  const [only] = pods.length === 1 ? pods : [];
  const said = only
    ? `${spokenName(only.name)}, ${gpuText(only.gpuName, only.gpuCount)}, ${statusText(only)}.`
    : `${pods.length} pods, decided together.`;
  const lost = asksData ? ' Terminating deletes the volume disk for good.' : ' Terminating cannot be undone.';
  const doubt = unsure ? ' I cannot tell whether anybody else here may approve.' : '';
  return {
    title: only ? 'Terminate a pod' : 'Terminate pods',
    token: `v1.terminate.${id}`,
    submit: 'Ask to terminate',
    intro: text(`${said}${lost} Somebody else must approve it.${doubt}`),
    fields: [
      ...(only ? [] : [podsField(pods, given.pods)]),
      {
        kind: 'text',
        id: 'reason',
        label: 'Reason',
        required: asksData,
        long: false,
        maxLength: MAX_ANSWER,
        ...(given.reason?.[0] === undefined ? {} : { initial: given.reason[0] }),
      },
      ...(asksData ? dataFields(given) : []),
    ],
  };
}

function podsField(pods: FleetPod[], chosen: readonly string[] | undefined): Form['fields'][number] {
  const label = (pod: FleetPod) => `${spokenName(pod.name)}, ${gpuText(pod.gpuName, pod.gpuCount)}, ${statusText(pod)}`;
  return {
    kind: 'choices',
    id: 'pods',
    label: 'Pods',
    required: true,
    choices: pods.map((pod) => ({ value: pod.id, label: label(pod) })),
    initial: [...(chosen ?? pods.map((pod) => pod.id))],
    atMost: 10,
  };
}

function dataFields(given: Answers): Form['fields'] {
  const [data] = given.data ?? [];
  const [where] = given.where ?? [];
  return [
    {
      kind: 'choice',
      id: 'data',
      label: 'What happens to the data',
      required: true,
      choices: DATA,
      ...(data === undefined ? {} : { initial: data }),
    },
    {
      kind: 'text',
      id: 'where',
      label: 'Where it is kept',
      hint: 'A path or volume; needed where data is kept',
      required: false,
      long: false,
      maxLength: MAX_ANSWER,
      ...(where === undefined ? {} : { initial: where }),
    },
  ];
}

/** What cannot be asked for, and an open request where there is one. */
async function refuse(pods: FleetPod[], services: Services): Promise<Message | null> {
  const clustered = pods.find((pod) => pod.clustered);
  if (clustered) {
    return note(
      'warn',
      `${spokenName(clustered.name)} belongs to a cluster, and RunPod deletes clusters as a whole: in its console, under Clusters.`,
    );
  }
  const coming = pods.find(isLaunching);
  if (coming) return note('warn', `${spokenName(coming.name)} has no pod yet; its card follows the launch.`);
  const listed = new Set((await services.snapshots.fleet())?.pods.map(({ id }) => id));
  const unseen = pods.find((pod) => !listed.has(pod.id));
  if (unseen) return note('warn', `RunPod’s list does not show ${spokenName(unseen.name)} yet. Try again in a moment.`);
  const open = await Promise.all(pods.map((pod) => services.approvals.forPod(pod.id)));
  const known = open.filter((record): record is Approval => record !== null);
  if (known.length === pods.length) return openRequest(known);
  return null;
}

/** Looked at before the form opens, from what is kept. */
async function nobodyElse(asker: Asker, services: Services): Promise<Message | 'unknown' | null> {
  const people = await everybody(services, Number.POSITIVE_INFINITY);
  const lists = await Promise.all(chatsOf(services.policy).map((chat) => services.snapshots.members(chat)));
  const accounts = lists.flatMap((members) => Object.keys(members.accounts));
  const troubles = await Promise.all(chatsOf(services.policy).map((chat) => services.snapshots.unreadPeople(chat)));
  const isRead = lists.every(({ readAt }) => readAt !== null) && troubles.every(({ accounts }) => accounts.size === 0);
  const options = { guests: services.policy.approvals.guests, knowsApprovers: services.knowsApprovers && isRead };
  const found = anyoneEligible(asker.who.account, accounts, people, options);
  if (found !== 'no') return found === 'yes' ? null : 'unknown';
  return note(
    'bad',
    text(
      'I cannot terminate for you: nobody else here may approve. Stop works, and ends the compute bill; RunPod’s console is at ',
      { kind: 'link', text: 'console.runpod.io', url: 'https://console.runpod.io/pods' },
      '.',
    ),
  );
}

/** Judged before the acknowledgement: errors stand at their fields. */
export async function checkTerminate(id: string, answers: Answers, services: Services): Promise<FormProblem[]> {
  const pods = await chosenPods(id, answers, services);
  const problems: FormProblem[] = [];
  const [first] = Object.keys(answers);
  if (pods.length === 0) {
    const field = 'pods' in answers ? 'pods' : (first ?? 'reason');
    return [{ field, problem: 'These pods are not there any more. Type /pod terminate again.' }];
  }
  if (!pods.some(losesData)) return [];
  const data = dataStatement.safeParse(answers.data?.[0]);
  if (blank(answers.reason)) problems.push({ field: 'reason', problem: 'Say why: the approver reads it.' });
  if (!data.success) problems.push({ field: 'data', problem: 'Say what happens to the data.' });
  else if (data.data !== 'nothing' && blank(answers.where)) {
    problems.push({ field: 'where', problem: 'Say where the data is kept.' });
  }
  return problems;
}

const blank = (values: readonly string[] | undefined) => (values?.[0] ?? '').trim() === '';

async function chosenPods(id: string, answers: Answers, services: Services): Promise<FleetPod[]> {
  const pods = await draftPods(id, services);
  return answers.pods === undefined ? pods : pods.filter((pod) => answers.pods?.includes(pod.id));
}

const GONE = 'These pods are gone from RunPod, so nothing was requested. /pod list shows what there is.';

/** Writes one record for each pod, in one step with their log; the card follows. */
export async function submitTerminate(
  id: string,
  answers: Answers,
  asker: Asker,
  services: Services,
): Promise<Message> {
  // Follows from the event: the same form delivered twice is one request, and a form sent twice is two.
  const batch = `b${createHash('sha256').update(asker.eventId).digest('hex').slice(0, 12)}`;
  for (;;) {
    const now = services.clocks.now();
    const pods = await chosenPods(id, answers, services);
    if (pods.length === 0) return note('warn', GONE);
    const { links, guard } = await services.links.guarded();
    const self = accountsOf(asker.who.account, { people: services.policy.people, links });
    const records = await Promise.all(
      pods.map((pod, i) => recordFor(pod, { batch, id: `${batch}-${i}`, now }, answers, self, asker, services)),
    );
    const added = await services.approvals.add(records, guard, (all) =>
      all.map((record) =>
        requestEntry(record, 'request-made', now, asker.who, { reason: record.reason, data: record.data }),
      ),
    );
    // Somebody's accounts were joined meanwhile: who counts as the requester is looked at again.
    if (!added) continue;
    await services.enqueue(announceRequest, { batch }, { id: `${announceRequest.name}-${batch}` }).catch(() => {});
    if (added.added.length === 0) return openRequest(added.known);
    const names = added.added.map((record) => spokenName(record.facts.name)).join(', ');
    const also =
      added.known.length > 0
        ? [text(`Asked for already: ${added.known.map((r) => spokenName(r.facts.name)).join(', ')}.`)]
        : [];
    return card(`Asked to terminate ${names}`, 'info', [
      text('Somebody else must approve it; its card follows.'),
      ...also,
    ]);
  }
}

async function recordFor(
  pod: FleetPod,
  { batch, id, now }: { batch: string; id: string; now: number },
  answers: Answers,
  self: AccountId[],
  asker: Asker,
  services: Services,
): Promise<Approval> {
  const { policy, snapshots } = services;
  // The name and the disks that people decide by are those that the pod is held to right before the call.
  const read = await asRead(pod, services);
  const row = await rowOfPod(pod, asker, services);
  const owner = await ownerOfPod(read, { ...services, governance: policy });
  const [catalogue, fleet] = await Promise.all([snapshots.catalogue(), snapshots.fleet()]);
  const volume = catalogue?.networkVolumes.find((v) => v.id === read.networkVolume?.id);
  // The pod's home, and not wherever it was asked for.
  const room = row.room || asker.room || policy.defaultRoom || '';
  const zone = policy.rooms.find(({ name }) => name === room)?.timezone ?? policy.timezone;
  const due = (hours: number, atMost: number) => afterWorkingHours(now, hours, policy.workingHours, zone, atMost);
  const expiresAt = due(EXPIRY.workingHours, EXPIRY.atMostHours);
  const asks = losesData(read);
  return {
    id,
    rev: 0,
    batch,
    podId: pod.id,
    row: row.id,
    status: 'requested',
    since: now,
    by: asker.who,
    self,
    owner: owner && isSame(owner, self) ? asker.who : owner,
    reason: answers.reason?.[0]?.trim() || null,
    data: asks ? ((answers.data?.[0] as DataStatement | undefined) ?? null) : null,
    where: asks ? answers.where?.[0]?.trim() || null : null,
    fingerprint: fingerprintOf(read, ownerKey(owner)),
    facts: {
      ...factsOf(read, row.facts),
      microUsdPerHour: factsOf(pod, row.facts).microUsdPerHour,
      createdAt: Date.parse(pod.createdAt),
      gpuUtil: pod.gpuUtil,
      networkVolumeGb: volume?.sizeGb ?? null,
      readAt: fleet?.readAt ?? 0,
    },
    locked: read.locked,
    room,
    createdAt: now,
    expiresAt,
    quorum: policy.approvals.quorum,
    votes: [],
    dueAt: null,
    hold: null,
    released: null,
    overdue: null,
    stoppedAt: null,
    attempt: null,
    reminded: 0,
    remindAt: due(REMIND_AFTER_WORKING_HOURS[0], EXPIRY.atMostHours),
    end: null,
  };
}

/** What the list showed of it, as corrected by what was done here since: its state may be newer than the list. */
async function asRead(pod: FleetPod, services: Services): Promise<FleetPod> {
  const listed = (await services.snapshots.fleet())?.pods.find(({ id }) => id === pod.id);
  const { status, reporting } = pod;
  // A run that has only just begun has no start time yet.
  const startedAt = status === 'RUNNING' ? pod.startedAt : null;
  return listed && listed !== pod ? { ...listed, status, reporting, startedAt } : pod;
}

const isSame = (owner: PersonRef, self: readonly AccountId[]) => self.includes(bare(owner.account));
