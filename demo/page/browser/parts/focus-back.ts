import { useEffect, useLayoutEffect, useRef } from 'react';

/** Gives the focus back to where it was before a dialog: that is out of the page before it could do so by itself. */
export function useFocusBack(): void {
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    before.current = document.activeElement;
  }, []);
  useEffect(
    () => () => {
      if (before.current instanceof HTMLElement) before.current.focus();
    },
    [],
  );
}
