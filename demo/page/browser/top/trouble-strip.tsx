import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Parts } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { ALL_TROUBLES, type Trouble, troubleKey } from '../runpod/trouble-list.ts';
import { useValue } from '../store.ts';

/** What is wrong now, and what to watch: in sight of both chats. */
export function TroubleStrip() {
  const on = useValue('trouble') ?? [];
  const parts = useValue('parts');
  const [happened, forget] = useHappened(on);
  const active = ALL_TROUBLES.filter((trouble) => on.includes(troubleKey(trouble)));
  if (!parts) return null;
  const killed = (['worker', 'bot'] as const).filter((part) => parts[part] === 'down');
  if (active.length + happened.length + killed.length === 0) return null;
  return (
    <section className="strip" aria-label="Trouble now">
      {active.map((trouble) => (
        <Line
          key={troubleKey(trouble)}
          about={trouble.about}
          end="End it"
          onEnd={() => void doAct({ kind: 'fault', name: trouble.name, value: null })}
        >
          {trouble.label}.
        </Line>
      ))}
      {happened.map((trouble) => (
        <Line key={troubleKey(trouble)} about={trouble.about} end="Seen" onEnd={() => forget(trouble)}>
          It has happened: {trouble.label.toLowerCase()}.
        </Line>
      ))}
      {killed.map((part) => (
        <Line key={part} about={KILLED[part]} end="Start it" onEnd={() => void doAct({ kind: 'part', part, up: true })}>
          The {part} is down.
        </Line>
      ))}
    </section>
  );
}

const KILLED: Record<Exclude<keyof Parts, 'redis'>, string> = {
  worker:
    'Nothing is asked of RunPod. Commands still answer; what they asked for is taken up where it stood once a worker is back.',
  bot: 'Neither chat is answered, and each says so in its own words. Launches go on; cards are put right once a bot is back.',
};

interface LineProps {
  about: string;
  end: string;
  onEnd: () => void;
  children: ReactNode;
}

function Line({ about, end, onEnd, children }: LineProps) {
  return (
    <p role="status">
      <b className="strip-what">{children}</b> {about}{' '}
      <button type="button" onClick={onEnd}>
        {end}
      </button>
    </p>
  );
}

/** What hits once is over as soon as it has hit: it is told until somebody has seen it. */
function useHappened(on: readonly string[]): [Trouble[], (trouble: Trouble) => void] {
  const before = useRef(on);
  const [happened, setHappened] = useState<Trouble[]>([]);
  useEffect(() => {
    const gone = ALL_TROUBLES.filter(
      (trouble) => trouble.once && before.current.includes(troubleKey(trouble)) && !on.includes(troubleKey(trouble)),
    );
    before.current = on;
    if (gone.length > 0) setHappened((all) => [...new Set([...all, ...gone])]);
  }, [on]);
  return [happened, (trouble) => setHappened((all) => all.filter((one) => one !== trouble))];
}
