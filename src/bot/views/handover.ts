import { type FleetPod, statusText } from '../../policy/fleet.ts';
import { bare, type PersonRef } from '../../policy/identity.ts';
import { spokenName } from '../../policy/pod-names.ts';
import { rateNow } from '../../policy/storage.ts';
import { card, type Message, money, plain, text } from '../message/message.ts';

/** A person as a button's token carries them. */
export const personToken = (who: PersonRef): string =>
  (who.person ?? bare(who.account)).replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64);

export function handoverCard(who: PersonRef, pods: readonly FleetPod[]): Message {
  const total = pods.reduce((sum, pod) => sum + rateNow(pod), 0);
  return card(
    `${who.name} has left: ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'} to hand over`,
    'warn',
    [
      {
        kind: 'table',
        header: ['Pod', 'State', 'Costs'],
        rows: pods.map((pod) => [
          [plain(spokenName(pod.name))],
          [plain(statusText(pod))],
          [money(rateNow(pod), 'hour')],
        ]),
        more: 0,
      },
      text(
        'Together ',
        money(total, 'hour'),
        '. None of that person’s accounts has rights any more, and their requests are void.',
      ),
    ],
    [{ label: 'Terminate…', token: `v1.terminate-of.${personToken(who)}` }],
  );
}
