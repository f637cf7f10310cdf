import { type ReactNode, type RefObject, type UIEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';

const NEAR = 40;
/** Where somebody left off, by the log's name; at the end where nothing is known. */
const places = new Map<string, number>();

/** A list of messages that stays at its end while it grows, unless the reader scrolled up. */
export function Log({ name, label, children }: { name: string; label: string; children: ReactNode }) {
  const { box, inner, away, onScroll, toEnd } = useFollowing(name);
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
        <button type="button" className="slack-latest" data-ours onClick={toEnd}>
          Latest messages ↓
        </button>
      )}
    </div>
  );
}

function useFollowing(name: string) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(places.has(name));
  const follows = useRef(!away);
  const last = useRef(0);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = places.get(name) ?? box.current.scrollHeight;
  }, [name]);
  useEnd(box, inner, follows);
  const onScroll = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent) => {
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    // It may have grown since it was scrolled to its end: only upwards is the reader's doing.
    follows.current = atEnd || (follows.current && scrollTop >= last.current);
    last.current = scrollTop;
    setAway(!follows.current);
    if (follows.current) places.delete(name);
    else places.set(name, scrollTop);
  };
  const toEnd = () => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    box.current?.focus();
  };
  return { box, inner, away, onScroll, toEnd };
}

/** Pictures, tables and a narrower pane make it longer too, not only messages. */
function useEnd(
  box: RefObject<HTMLDivElement | null>,
  inner: RefObject<HTMLDivElement | null>,
  follows: RefObject<boolean>,
): void {
  useEffect(() => {
    const grown = new ResizeObserver(() => {
      if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
    });
    if (box.current) grown.observe(box.current);
    if (inner.current) grown.observe(inner.current);
    return () => grown.disconnect();
  }, [box, inner, follows]);
}
