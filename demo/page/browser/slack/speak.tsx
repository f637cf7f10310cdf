import { useCallback } from 'react';
import { doAct } from '../act.ts';
import { Composer } from '../parts/composer.tsx';
import { useValue } from '../store.ts';
import { offersFor } from './offers.ts';
import { useTeam } from './team.ts';

/** Where a person types: into a channel, or `under` a message. */
export function Speak({ channel, under }: { channel: string; under: string | null }) {
  const { me } = useTeam();
  const commands = useValue('commands/discord');
  // In a thread Slack has no commands, and offers none.
  const offers = useCallback(
    async (text: string) => offersFor(text, under === null ? (commands ?? []) : []),
    [commands, under],
  );
  const send = async (typed: string) => {
    const shared = { chat: 'slack' as const, person: me, channel, typed };
    const isCommand = under === null && typed.startsWith('/');
    const answer = await doAct(isCommand ? { kind: 'command', ...shared } : { kind: 'say', ...shared, under });
    return answer.ok ? null : answer.problem;
  };
  const label = under === null ? `Message #${channel}` : `Reply in thread in #${channel}`;
  return <Composer label={label} placeholder={under === null ? label : 'Reply…'} offersFor={offers} onSend={send} />;
}
