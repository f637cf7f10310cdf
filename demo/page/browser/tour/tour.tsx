import { useEffect, useRef, useState } from 'react';
import type { Person } from '../../protocol.ts';
import { useFocusKept } from '../parts/focus-kept.ts';
import { lookAt } from '../parts/look.ts';
import { store, useChanges } from '../store.ts';
import { type Found, handsOn, type Memory, now, Scene, type Since } from './scene.ts';
import { TOUR } from './steps.ts';

/** Where the tour stands; a reload goes on there, in the same world. */
interface Standing {
  run: string;
  step: number;
  since: Since;
  memory: Memory;
  done: boolean;
}

const begin = (step: number, memory: Memory): Standing => ({ run: runNow(), step, since: now(), memory, done: false });
const runNow = () => store.get('start')?.run ?? '';

function kept(): Standing {
  try {
    const standing = JSON.parse(sessionStorage.getItem('tour-at') ?? '') as Standing;
    return standing.run === runNow() && standing.step < TOUR.length ? standing : begin(0, {});
  } catch {
    return begin(0, {});
  }
}

export function Tour({ me, onMe, onEnd }: { me: Person; onMe: (person: Person) => void; onEnd: () => void }) {
  const [standing, setStanding] = useState(kept);
  const changes = useChanges();
  const step = TOUR[standing.step] ?? TOUR[0];
  const current = useRef(standing);
  current.current = standing;
  const person = useRef(me);
  person.current = me;
  const group = useRef<HTMLElement>(null);
  useFocusKept(group);
  const scene = () => new Scene(person.current, current.current.since, current.current.memory);

  useEffect(() => sessionStorage.setItem('tour-at', JSON.stringify(standing)), [standing]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at again with every change of the world
  useEffect(() => {
    if (standing.done || !step?.done) return;
    const came = step.done(scene());
    if (came) setStanding((at) => ({ ...at, memory: { ...at.memory, ...came }, done: true }));
  }, [changes, standing]);
  const isDone = standing.done || step?.done === undefined;
  const look = isDone ? step?.look?.(scene()) : undefined;
  useLookedAt(look);

  if (!step) return null;
  const go = (to: number) => setStanding(begin(to, standing.memory));
  const isLast = standing.step === TOUR.length - 1;
  return (
    <section className="tour" aria-label="Tour" ref={group}>
      <div className="tour-text" role="status">
        <h2>
          {step.title}{' '}
          <small>
            {standing.step + 1} of {TOUR.length}
          </small>
        </h2>
        {isDone && step.after !== undefined ? (
          <p>
            <b className="tick">✓ Done.</b> {step.after}
          </p>
        ) : (
          <p>
            {step.text} {step.typed !== undefined && <code>{step.typed}</code>}
          </p>
        )}
      </div>
      <div className="tour-acts">
        {!isDone && step.act && <DoIt key={standing.step} act={step.act} scene={scene} become={onMe} />}
        {standing.step > 0 && (
          <button type="button" className="plain" onClick={() => go(standing.step - 1)}>
            Back
          </button>
        )}
        {isLast ? (
          <button type="button" className="primary" onClick={onEnd}>
            End the tour
          </button>
        ) : (
          <button type="button" className={isDone ? 'primary' : 'plain'} onClick={() => go(standing.step + 1)}>
            {isDone ? 'Next' : 'Skip this step'}
          </button>
        )}
        {!isLast && (
          <button type="button" className="plain" onClick={onEnd}>
            End the tour
          </button>
        )}
      </div>
    </section>
  );
}

interface DoItProps {
  act: NonNullable<(typeof TOUR)[number]['act']>;
  scene: () => Scene;
  become: (person: Person) => void;
}

function DoIt({ act, scene, become }: DoItProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(await act.run(handsOn(scene, become)));
    setBusy(false);
  };
  return (
    <>
      <button type="button" className="primary" aria-disabled={busy} aria-busy={busy} onClick={() => void run()}>
        {busy ? (
          <>
            <span className="spinner" /> Doing it…
          </>
        ) : (
          act.label
        )}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </>
  );
}

/** Opens where the message stands that the step is about, marks it, and brings it into view once. */
function useLookedAt(found: Found | undefined): void {
  const chat = found?.chat;
  const post = found?.post.id;
  useEffect(() => {
    if (chat === undefined || post === undefined) return;
    lookAt(chat, post);
    let element: Element | null = null;
    // A frame for the pane to draw it, and one for its list to go where it will.
    const frames = requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        element = document.querySelector(`[data-post="${CSS.escape(`${chat}/${post}`)}"]`);
        element?.classList.add('looked-at');
        const tall = (element?.clientHeight ?? 0) > innerHeight / 2;
        element?.scrollIntoView({ block: tall ? 'start' : 'nearest' });
      }),
    );
    return () => {
      cancelAnimationFrame(frames);
      element?.classList.remove('looked-at');
    };
  }, [chat, post]);
}
