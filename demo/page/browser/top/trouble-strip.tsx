import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Call, Parts } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { ALL_TROUBLES, type Trouble, troubleKey } from '../runpod/trouble-list.ts';
import { useValue } from '../store.ts';

const NONE: never[] = [];

/** What is wrong now, and what to watch: in sight of both chats. */
export function TroubleStrip() {
  const on = useValue('trouble') ?? NONE;
  const parts = useValue('parts');
  const [happened, forget] = useHappened(on, useValue('calls') ?? NONE);
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

const isHit: Record<string, (call: Call) => boolean> = {
  create: ({ method, path }) => method === 'POST' && /^\/(v2\/pods|graphql:podRentInterruptable)$/.test(path),
  terminate: ({ method }) => method === 'DELETE',
};

/** The newest call that a trouble hit; -1 where it hit none. */
const lastHit = (calls: readonly Call[], { name }: Trouble) =>
  calls.findLast((call) => call.faulted && isHit[name]?.(call))?.n ?? -1;

/** What hits once is over as soon as it has hit: it is told until somebody has seen it. Whoever ends it before is told nothing. */
function useHappened(on: readonly string[], calls: readonly Call[]): [Trouble[], (trouble: Trouble) => void] {
  const armed = useRef(new Map<Trouble, number>());
  const [happened, setHappened] = useState<Trouble[]>([]);
  useEffect(() => {
    for (const trouble of ALL_TROUBLES.filter(({ once }) => once)) {
      const before = armed.current.get(trouble);
      if (on.includes(troubleKey(trouble))) armed.current.set(trouble, before ?? lastHit(calls, trouble));
      else if (before !== undefined) {
        armed.current.delete(trouble);
        if (lastHit(calls, trouble) > before) setHappened((all) => [...new Set([...all, trouble])]);
      }
    }
  }, [on, calls]);
  return [happened, (trouble) => setHappened((all) => all.filter((one) => one !== trouble))];
}
