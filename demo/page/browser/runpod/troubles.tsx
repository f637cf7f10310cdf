import { type ReactNode, useEffect, useState } from 'react';
import type { PartState } from '../../protocol.ts';
import type { Act } from '../../requests.ts';
import { doAct } from '../act.ts';
import { useValue } from '../store.ts';
import { CHAT_TROUBLES, CLOCK_TROUBLES, RUNPOD_TROUBLES, type Trouble, troubleKey } from './trouble-list.ts';

/** Things that go wrong, as switches; what the bot does about it is the demonstration. */
export function Troubles() {
  const on = useValue('trouble') ?? [];
  const isOn = (trouble: Trouble) => on.includes(troubleKey(trouble));
  return (
    <section aria-labelledby="trouble">
      <h3 id="trouble">Trouble</h3>
      <Switches title="RunPod" troubles={RUNPOD_TROUBLES} isOn={isOn} />
      <Switches title="Chats" troubles={CHAT_TROUBLES} isOn={isOn} />
      <Switches title="Clocks" troubles={CLOCK_TROUBLES} isOn={isOn} />
      <OurParts />
    </section>
  );
}

function Switches({
  title,
  troubles,
  isOn,
}: {
  title: string;
  troubles: Trouble[];
  isOn: (trouble: Trouble) => boolean;
}) {
  return (
    <Folded title={title} shown={troubles.some(isOn)}>
      <div className="chips">
        {troubles.map((trouble) => (
          <button
            key={trouble.label}
            type="button"
            aria-pressed={isOn(trouble)}
            title={trouble.about}
            onClick={() =>
              void doAct({ kind: 'fault', name: trouble.name, value: isOn(trouble) ? null : trouble.value })
            }
          >
            {trouble.label}
          </button>
        ))}
      </div>
    </Folded>
  );
}

/** Open where it has something to show, and then as long as nobody folds it. */
function Folded({ title, shown, children }: { title: string; shown: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(shown);
  useEffect(() => {
    if (shown) setOpen(true);
  }, [shown]);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

const WORDS: Record<PartState, string> = { up: 'runs', starting: 'is starting', down: 'is down' };

/** The bot's own processes: each can be killed at any moment. */
function OurParts() {
  const parts = useValue('parts');
  if (!parts) return null;
  return (
    <Folded title="Podwarden’s own processes" shown={Object.values(parts).some((state) => state !== 'up')}>
      <ul className="parts">
        <Part
          name="The worker"
          state={parts.worker}
          act={{ kind: 'part', part: 'worker', up: parts.worker === 'down' }}
        />
        <Part name="The bot" state={parts.bot} act={{ kind: 'part', part: 'bot', up: parts.bot === 'down' }} />
        <Part name="Redis" state={parts.redis} act={{ kind: 'restart-redis' }} />
      </ul>
    </Folded>
  );
}

function Part({ name, state, act }: { name: string; state: PartState; act: Act }) {
  const [problem, setProblem] = useState<string | null>(null);
  const busy = state === 'starting';
  const verb = act.kind === 'restart-redis' ? 'Restart' : state === 'down' ? 'Start' : 'Kill';
  return (
    <li data-part={name} data-state={state}>
      <span>
        {name} {WORDS[state]}.
      </span>
      <button
        type="button"
        aria-label={`${verb} ${name.replace('The', 'the')}`}
        aria-disabled={busy}
        aria-busy={busy}
        onClick={() => {
          if (!busy) void doAct(act).then((answer) => setProblem(answer.ok ? null : answer.problem));
        }}
      >
        {busy ? 'Starting…' : verb}
      </button>
      {problem !== null && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
    </li>
  );
}
