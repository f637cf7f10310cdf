import type { ReactNode } from 'react';
import { useFollowing } from '../parts/follow.ts';

interface LogProps {
  name: string;
  /** The reader's newest message. */
  own: string | undefined;
  label: string;
  children: ReactNode;
}

/** A list of messages that stays at its end while it grows, unless the reader scrolled up. */
export function Log({ name, own, label, children }: LogProps) {
  const { box, inner, away, onScroll, toEnd } = useFollowing<HTMLDivElement>(name, own);
  const onLatest = () => {
    toEnd();
    box.current?.focus();
  };
  return (
    <div className="slack-log-frame">
      <div
        className="slack-log"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to without a mouse
        tabIndex={0}
        role="log"
        aria-label={label}
        aria-live="polite"
        // Not the ages, which change each second.
        aria-relevant="additions"
        onScroll={onScroll}
      >
        <div className="slack-log-inner" ref={inner}>
          {children}
        </div>
      </div>
      {away && (
        <button type="button" className="slack-latest" data-ours onClick={onLatest}>
          Latest messages ↓
        </button>
      )}
    </div>
  );
}
