import { type Evidence, inPublic, type StormMessage } from './evidence.ts';

export interface ShownCard {
  message: StormMessage;
  state: string;
}

const STATES = [
  'waits for an approver',
  'queued',
  'launching',
  'state unknown, checking',
  'starting',
  'Running',
  'stopping',
  'Stopped',
  'not launched',
  'Terminated',
];
/** A line whose thread is closed stands in the channel under the name of the thread. */
const BESIDE = /can’t post in its thread/;
const TITLE = new RegExp(`^\\W*([\\w-]+): (${STATES.join('|')})`);

/** Cards of pods, by their titles: those of requests stand in threads. */
export function podCards(evidence: Evidence): (ShownCard & { name: string })[] {
  return inPublic(evidence).flatMap((message) => {
    const [, name, state] = TITLE.exec(message.text) ?? [];
    return message.thread || BESIDE.test(message.text) || name === undefined || state === undefined
      ? []
      : [{ message, name, state }];
  });
}

export const cardsOf = (name: string, evidence: Evidence): ShownCard[] =>
  podCards(evidence).filter((card) => card.name === name);
