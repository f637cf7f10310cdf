import type { ChatTrouble } from '../../emulators/chat.ts';

const ALLOWED = 'down, slow:MS, 429:S, html:STATUS, reset, error:CODE[:WHERE,WHERE]';

/** `down`, `slow:1500`, `429:5`, `html:403`, `reset`, `error:is_archived`, `error:160005:thread,edit`. @throws Error that names what is allowed. */
export function chatTrouble(value: string): ChatTrouble {
  const [kind, first, second, ...rest] = value.split(':');
  const number = /^\d+$/.test(first ?? '') ? Number(first) : null;
  const alone = first === undefined;
  if (rest.length > 0) throw new Error(`${value} is none of ${ALLOWED}`);
  if (kind === 'error' && first) return { kind, code: first, at: (second ?? 'post').split(',') };
  if (second === undefined) {
    if ((kind === 'down' || kind === 'reset') && alone) return { kind };
    if (kind === 'slow' && number !== null) return { kind, ms: number };
    if (kind === '429' && number !== null) return { kind, seconds: number };
    if (kind === 'html' && number !== null) return { kind, status: number };
  }
  throw new Error(`${value} is none of ${ALLOWED}`);
}

/** The same as a switch takes it. */
export function chatTroubleText(trouble: ChatTrouble): string {
  switch (trouble.kind) {
    case 'slow':
      return `slow:${trouble.ms}`;
    case '429':
      return `429:${trouble.seconds}`;
    case 'html':
      return `html:${trouble.status}`;
    case 'error':
      return `error:${trouble.code}:${trouble.at.join(',')}`;
    default:
      return trouble.kind;
  }
}
