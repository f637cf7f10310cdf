import { useCallback, useEffect, useRef, useState } from 'react';

const NEAR = 40;

/** Keeps a list at its end while it grows, unless the reader scrolled up. What the reader sent, `own`, leads there again. */
export function useStick(own: string | undefined) {
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLElement>(null);
  const stuck = useRef(true);
  const before = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);
  useEffect(() => {
    // The components draw themselves later than React, and pictures later still.
    const observer = new ResizeObserver(() => stuck.current && toEnd());
    if (list.current) observer.observe(list.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, [toEnd]);
  useEffect(() => {
    if (own === undefined) return;
    stuck.current = true;
    toEnd();
  }, [own, toEnd]);
  const onScroll = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = list.current ?? {};
    // What grows meanwhile is no scrolling of the reader's: only going up is.
    if (scrollHeight - scrollTop - clientHeight < NEAR) stuck.current = true;
    else if (scrollTop < before.current) stuck.current = false;
    before.current = scrollTop;
    setAtEnd(stuck.current);
  };
  return { list, content, atEnd, toEnd, onScroll };
}
