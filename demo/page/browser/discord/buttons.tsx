import { useState } from 'react';
import type { Json } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { useNames } from './names.ts';

export interface ButtonSpec {
  style: number;
  label?: string;
  custom_id?: string;
  url?: string;
  disabled?: boolean;
  emoji?: { name?: string; id?: string | null };
}

const STYLES = ['secondary', 'primary', 'secondary', 'success', 'danger', 'secondary'];

/** A row of buttons; `onProblem` is told what the platform says, null once it is well. */
export function ButtonRow({
  row,
  post,
  onProblem,
}: {
  row: Json;
  post: string;
  onProblem: (text: string | null) => void;
}) {
  const buttons = ((row.components ?? []) as ButtonSpec[]).filter(({ style }) => style !== undefined);
  return (
    <discord-action-row slot="components">
      {buttons.map((button) => (
        <MessageButton key={button.custom_id ?? button.url} button={button} post={post} onProblem={onProblem} />
      ))}
    </discord-action-row>
  );
}

interface ButtonProps {
  button: ButtonSpec;
  post: string;
  onProblem: (text: string | null) => void;
}

/** The library's own button can be pressed where it is disabled, and cannot say that it is busy. */
export function MessageButton({ button, post, onProblem }: ButtonProps) {
  const { me } = useNames();
  const [busy, setBusy] = useState(false);
  const { style, label = '', custom_id: id, url, disabled = false, emoji } = button;
  const text = [emoji?.id ? undefined : emoji?.name, label].filter(Boolean).join(' ');
  const className = `button ${STYLES[style] ?? 'secondary'}`;
  if (url !== undefined && /^https?:/i.test(url) && !disabled) {
    return (
      <a className={className} href={url} target="_blank" rel="noopener noreferrer" data-ours>
        {text} <span aria-hidden="true">↗</span>
      </a>
    );
  }
  const press = async () => {
    if (busy || id === undefined) return;
    setBusy(true);
    onProblem(null);
    const answer = await doAct({ kind: 'press', chat: 'discord', person: me, message: post, button: id, label });
    setBusy(false);
    onProblem(answer.ok ? null : answer.problem);
  };
  return (
    <button type="button" className={className} disabled={disabled} aria-busy={busy} onClick={press} data-ours>
      <span className="button-label">{text}</span>
      {busy && <Dots />}
    </button>
  );
}

export function Dots() {
  return (
    <span className="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
