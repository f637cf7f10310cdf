import { useMemo, useState } from 'react';
import type { Json, SlackPost } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { Dialog } from '../parts/dialog.tsx';
import type { Confirm, Pressable } from './adapt.ts';
import { Blocks } from './blocks.tsx';
import { useTeam } from './team.ts';

interface Pressed {
  button: Pressable;
  id: string;
}

const NONE: Json[] = [];

/** A file that stands alone has its name on its card. */
function blocksOf({ blocks, text, files }: SlackPost): Json[] {
  if (blocks.length > 0) return blocks;
  return text === '' || files.some(({ name }) => name === text)
    ? NONE
    : [{ type: 'section', text: { type: 'mrkdwn', text } }];
}

/** What a message says, with buttons that can be pressed. */
export function PostBody({ post }: { post: SlackPost }) {
  const { me } = useTeam();
  const [asked, setAsked] = useState<Pressed | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const send = async ({ button, id }: Pressed) => {
    setBusy(id);
    setProblem(null);
    const { action, label } = button;
    const answer = await doAct({ kind: 'press', chat: 'slack', person: me, message: post.id, button: action, label });
    setBusy(null);
    if (!answer.ok) setProblem(answer.problem);
  };
  const press = (button: Pressable, id: string) => {
    if (busy !== null) return;
    if (button.url !== null) window.open(button.url, '_blank', 'noopener,noreferrer');
    if (button.confirm === null) void send({ button, id });
    else setAsked({ button, id });
  };
  const answered = (yes: boolean) => {
    if (asked && yes) void send(asked);
    setAsked(null);
  };
  const blocks = useMemo(() => blocksOf(post), [post]);
  return (
    <>
      {blocks.length > 0 && <Blocks blocks={blocks} busy={busy} onPress={press} />}
      {asked?.button.confirm && <ConfirmDialog confirm={asked.button.confirm} onAnswer={answered} />}
      {problem !== null && (
        <p role="alert" className="slack-problem" data-ours>
          {problem}
        </p>
      )}
    </>
  );
}

function ConfirmDialog({ confirm, onAnswer }: { confirm: Confirm; onAnswer: (yes: boolean) => void }) {
  return (
    <Dialog title={confirm.title} chat="slack" onClose={() => onAnswer(false)}>
      <p className="confirm-text">{confirm.text}</p>
      <div className="dialog-foot">
        <button type="button" className="plain" onClick={() => onAnswer(false)}>
          {confirm.deny}
        </button>
        <button type="button" className={confirm.danger ? 'primary danger' : 'primary'} onClick={() => onAnswer(true)}>
          {confirm.confirm}
        </button>
      </div>
    </Dialog>
  );
}
