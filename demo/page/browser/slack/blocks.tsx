import { type RefObject, useEffect, useId, useMemo, useRef } from 'react';
import { Message } from 'slack-blocks-to-jsx';
import type { Json } from '../../protocol.ts';
import { adapt, type Pressable } from './adapt.ts';
import { dataFor, hooksFor } from './hooks.tsx';
import { mend } from './mend.ts';
import { useTeam } from './team.ts';

interface BlocksProps {
  blocks: Json[];
  /** The id, in the document, of the button that waits for its answer. */
  busy?: string | null;
  onPress?: (button: Pressable, id: string) => void;
}

/** Block Kit, drawn by the library. */
export function Blocks({ blocks, busy = null, onPress }: BlocksProps) {
  const team = useTeam();
  const prefix = useId();
  const root = useRef<HTMLDivElement>(null);
  const adapted = useMemo(() => adapt(blocks, prefix), [blocks, prefix]);
  const [hooks, data] = useMemo(() => [hooksFor(team), dataFor(team)] as const, [team]);
  useMended(root, adapted.buttons, busy);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the buttons within are what is pressed
    <div
      className="slack-blocks"
      ref={root}
      onClick={({ target }) => {
        const id = (target as Element).closest('button')?.id ?? '';
        const button = adapted.buttons.get(id);
        if (button) onPress?.(button, id);
      }}
    >
      <Message withoutWrapper theme={team.theme} name="" logo="" blocks={adapted.blocks} hooks={hooks} data={data} />
    </div>
  );
}

/** Again after whatever the library draws by itself, and for another width. */
function useMended(
  root: RefObject<HTMLDivElement | null>,
  buttons: ReadonlyMap<string, Pressable>,
  busy: string | null,
): void {
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const again = () => mend(element, buttons, busy);
    again();
    const drawn = new MutationObserver(again);
    drawn.observe(element, { childList: true, subtree: true });
    const sized = new ResizeObserver(again);
    sized.observe(element);
    return () => {
      drawn.disconnect();
      sized.disconnect();
    };
  }, [root, buttons, busy]);
}
