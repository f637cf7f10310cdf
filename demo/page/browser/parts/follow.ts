import { type RefObject, type UIEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const NEAR = 40;
/** Where somebody left off, by the list's name; at its end where nothing is known. */
const places = new Map<string, number>();

/**
 * A list of messages that stays at its end while it grows, unless the reader scrolled up; another message of the reader's
 * own, `own`, leads there again. It comes back to where somebody left it, by `name`.
 */
export function useFollowing<Content extends HTMLElement>(name: string, own?: string) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<Content>(null);
  const [away, setAway] = useState(places.has(name));
  const follows = useRef(!away);
  const last = useRef(0);
  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = places.get(name) ?? box.current.scrollHeight;
  }, [name]);
  useGrowth(box, inner, follows, toEnd);
  const lastOwn = useRef(own);
  useEffect(() => {
    if (own === lastOwn.current) return;
    lastOwn.current = own;
    follows.current = true;
    toEnd();
  }, [own, toEnd]);
  const onScroll = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent) => {
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    // It may have grown since it was scrolled to its end: only upwards is the reader's doing.
    follows.current = atEnd || (follows.current && scrollTop >= last.current);
    last.current = scrollTop;
    setAway(!follows.current);
    if (follows.current) places.delete(name);
    else places.set(name, scrollTop);
  };
  return { box, inner, away, onScroll, toEnd };
}

/** Pictures, tables, components that draw themselves later and a narrower pane make it longer too, not only messages. */
function useGrowth(
  box: RefObject<HTMLElement | null>,
  inner: RefObject<HTMLElement | null>,
  follows: RefObject<boolean>,
  toEnd: () => void,
): void {
  useEffect(() => {
    const grown = new ResizeObserver(() => follows.current && toEnd());
    if (box.current) grown.observe(box.current);
    if (inner.current) grown.observe(inner.current);
    return () => grown.disconnect();
  }, [box, inner, follows, toEnd]);
}
