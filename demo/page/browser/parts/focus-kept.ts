import { type RefObject, useEffect, useRef } from 'react';

/**
 * Keeps the focus within a group of buttons when the one that had it is gone: otherwise whoever uses the keyboard would begin
 * again at the top of the page. The first main button gets it, else the first.
 */
export function useFocusKept(group: RefObject<HTMLElement | null>): void {
  const had = useRef(false);
  useEffect(() => {
    const element = group.current;
    const within = () => {
      had.current = true;
    };
    // What is being taken away is told to have lost the focus too: whether it was shows a moment later.
    const left = ({ target }: FocusEvent) =>
      queueMicrotask(() => {
        if ((target as Element).isConnected) had.current = element?.contains(document.activeElement) ?? false;
      });
    element?.addEventListener('focusin', within);
    element?.addEventListener('focusout', left);
    return () => {
      element?.removeEventListener('focusin', within);
      element?.removeEventListener('focusout', left);
    };
  }, [group]);
  useEffect(() => {
    if (!had.current || document.activeElement !== document.body) return;
    const next = group.current?.querySelector<HTMLElement>('button.primary') ?? group.current?.querySelector('button');
    next?.focus();
  });
}
