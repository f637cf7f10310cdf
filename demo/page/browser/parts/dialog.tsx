import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useFocusBack } from './focus-back.ts';

/** A modal dialog: takes the focus, keeps it, and gives it back. `Escape` closes it. */
export function Dialog({
  title,
  chat,
  onClose,
  children,
}: {
  title: string;
  chat?: 'slack' | 'discord';
  onClose: () => void;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useFocusBack();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    // Not on its cross, which stands first.
    dialog?.querySelector<HTMLElement>('.field :is(input, select, textarea), .dialog-foot button')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className="dialog"
      data-chat={chat}
      data-ours
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" className="dialog-close" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </div>
      {children}
    </dialog>
  );
}
