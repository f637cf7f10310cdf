import './elements.ts';
import './library.ts';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Directory, Person } from '../../protocol.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useLook } from '../parts/look.ts';
import { store, useDiscordPosts, useValue } from '../store.ts';
import { Markdown } from './markdown.tsx';
import { idOf, NamesProvider } from './names.ts';
import { Room, useDismissed } from './room.tsx';
import { Sidebar } from './sidebar.tsx';
import { useUnread } from './unread.ts';

interface Props {
  me: Person;
  theme: 'light' | 'dark';
}

export function DiscordPane({ me, theme }: Props) {
  const directory = useValue('directory/discord');
  const names = useMemo(() => directory && { me, directory }, [me, directory]);
  return (
    <section className="discord" aria-label="Discord" data-theme={theme}>
      {names && (
        <NamesProvider value={names}>
          <Server me={me} theme={theme} directory={names.directory} />
          <OpenForm me={me} />
        </NamesProvider>
      )}
    </section>
  );
}

function Server({ me, theme, directory }: Props & { directory: Directory }) {
  const posts = useDiscordPosts();
  const [chosen, setChosen] = useState<string | null>(null);
  const [dismissed, onDismiss] = useDismissed();
  const { channels } = directory;
  const room = channels.find(({ id }) => id === chosen) ?? channels.find(({ parent, direct }) => !parent && !direct);
  const unread = useUnread(me, idOf(me, directory), posts, room?.id);
  const [body, focusNext] = useFocusAfter(room?.id);

  const onThread = useCallback(
    (id: string) => {
      focusNext('.back');
      setChosen(id);
    },
    [focusNext],
  );
  const lookAt = useCallback((id: string) => {
    const post = store.get(`discord/${id}`);
    if (post) setChosen(post.channel);
  }, []);
  useLook('discord', lookAt);
  if (!room) return null;
  const onBack = () => {
    focusNext(`[data-thread="${room.id}"]`);
    setChosen(room.parent);
  };
  return (
    <div className="discord-body" ref={body}>
      <Sidebar open={room.id} unread={unread} onOpen={setChosen} />
      <Room key={`${me} ${room.id}`} {...{ room, theme, dismissed, onDismiss, onThread, onBack }} />
    </div>
  );
}

/** Moves the focus to where it belongs once another room is drawn. */
function useFocusAfter(room: string | undefined) {
  const body = useRef<HTMLDivElement>(null);
  const next = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another room is what it waits for
  useEffect(() => {
    const selector = next.current;
    next.current = null;
    if (selector === null) return;
    // A frame for the components to draw themselves, and one for the list to go to its end.
    const focus = () => body.current?.querySelector<HTMLElement>(selector)?.focus();
    requestAnimationFrame(() => requestAnimationFrame(focus));
  }, [room]);
  const focusNext = useCallback((selector: string) => {
    next.current = selector;
  }, []);
  return [body, focusNext] as const;
}

function OpenForm({ me }: { me: Person }) {
  const form = useValue('form/discord');
  if (!form) return null;
  const intro = 'markdown' in form.intro && <Markdown text={form.intro.markdown} />;
  return (
    <FormDialog key={form.id} chat="discord" me={me} form={form} intro={<div className="form-intro">{intro}</div>} />
  );
}
