import { useCallback, useRef, useState } from 'react';
import type { Directory } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { Composer } from '../parts/composer.tsx';
import { useValue } from '../store.ts';
import { useNames } from './names.ts';
import { mentionOffers, optionHint, optionOffers, subcommandOffers } from './offers.ts';
import { placeOf, type SubcommandSpec } from './typed.ts';

type Channel = Directory['channels'][number];

const PAUSE_MS = 150;
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export function RoomComposer({ room, parent }: { room: Channel; parent: Channel | undefined }) {
  const { me } = useNames();
  const [typed, setTyped] = useState('');
  const channel = (parent ?? room).name;
  const subcommands = useSubcommands();
  const newest = useRef('');

  const offersFor = useCallback(
    async (text: string) => {
      setTyped(text);
      newest.current = text;
      if (!text.startsWith('/')) return mentionOffers(text);
      const place = placeOf(text, subcommands);
      if (!place) return subcommandOffers(text, subcommands);
      await pause();
      return newest.current === text ? optionOffers(place, me, channel) : [];
    },
    [subcommands, me, channel],
  );
  const onSend = async (text: string) => {
    const shared = { chat: 'discord', person: me, typed: text } as const;
    const answer = await doAct(
      text.startsWith('/')
        ? { kind: 'command', ...shared, channel: parent ? room.id : channel }
        : { kind: 'say', ...shared, channel, under: parent ? room.id : null },
    );
    if (!answer.ok) return answer.problem;
    setTyped('');
    return null;
  };
  const option = placeOf(typed, subcommands)?.option;
  const name = parent ? `"${room.name}"` : `#${room.name}`;
  return (
    // The field asks for no offers once it is empty: that is seen here.
    <div className="room-composer" onInput={({ target }) => setTyped((target as HTMLInputElement).value)}>
      <Composer
        label={`Message ${name}`}
        placeholder={`Message ${name}`}
        offersFor={offersFor}
        onSend={onSend}
        hint={option ? optionHint(option) : undefined}
      />
    </div>
  );
}

const NONE: SubcommandSpec[] = [];

function useSubcommands(): SubcommandSpec[] {
  const pod = useValue('commands/discord')?.find(({ name }) => name === 'pod');
  return (pod?.options as SubcommandSpec[] | undefined) ?? NONE;
}
