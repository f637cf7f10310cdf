import { useRef } from 'react';
import type { ClockState } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { useFocusKept } from '../parts/focus-kept.ts';
import { dayText, momentText, timeText, useNow } from '../parts/now.ts';
import { useValue } from '../store.ts';

const HOUR = 3_600_000;
const STEPS: [label: string, ms: number][] = [
  ['+1 h', HOUR],
  ['+1 day', 24 * HOUR],
  ['+30 days', 30 * 24 * HOUR],
];
const SPEEDS: [speed: number, label: string][] = [
  [1, 'real time'],
  [60, 'a minute a second'],
  [600, '10 minutes a second'],
  [3600, 'an hour a second'],
];

/** The demo's time, which is in the hands of whoever looks. */
export function Clock() {
  const clock = useValue('clock');
  return clock ? <ClockFace clock={clock} /> : null;
}

function ClockFace({ clock }: { clock: ClockState }) {
  const now = useNow();
  const group = useRef<HTMLElement>(null);
  useFocusKept(group);
  return (
    <section className="clock" aria-label="Time" ref={group}>
      <time className="now" dateTime={new Date(now).toISOString()}>
        <b>{timeText(now)}</b>
        <small>{dayText(now)}, UTC</small>
      </time>
      {clock.move ? (
        <Moving move={clock.move} now={now} />
      ) : (
        <>
          {STEPS.map(([label, ms]) => (
            <button key={label} type="button" onClick={() => void doAct({ kind: 'clock', ms })}>
              {label}
            </button>
          ))}
          <select
            aria-label="How fast time goes"
            value={clock.speed}
            onChange={(event) => void doAct({ kind: 'speed', speed: Number(event.target.value) })}
          >
            {SPEEDS.map(([speed, label]) => (
              <option key={speed} value={speed}>
                {label}
              </option>
            ))}
          </select>
        </>
      )}
    </section>
  );
}

/** Every hour is lived through: the bot scans, warns and writes its digests on the way. */
function Moving({ move: { from, to }, now }: { move: NonNullable<ClockState['move']>; now: number }) {
  return (
    <div className="moving">
      <label>
        <span role="status">On the way to {momentText(to)}</span>
        <progress max={to - from} value={Math.min(now, to) - from} />
      </label>
      <button type="button" onClick={() => void doAct({ kind: 'clock', ms: null })}>
        Stop here
      </button>
    </div>
  );
}
