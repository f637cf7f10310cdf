import { useCallback, useEffect, useState } from 'react';
import type { OpenForm, SlackPost } from '../../protocol.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useLook } from '../parts/look.ts';
import { store, useValue } from '../store.ts';
import { Blocks } from './blocks.tsx';
import { Channel } from './channel.tsx';
import { Sidebar } from './sidebar.tsx';
import { useTeam } from './team.ts';
import { Thread } from './thread.tsx';
import { mainOf, newest, OPENED, type ReadUpTo, repliesTo, unreadIn } from './unread.ts';

interface ClientProps {
  posts: readonly SlackPost[];
  read: ReadUpTo;
  onRead: (what: string, upTo: number) => void;
}

/** One person's Slack: the conversations, and the one that is open. */
export function Client({ posts, read, onRead }: ClientProps) {
  const { directory, myId } = useTeam();
  const [open, setOpen] = useState(directory.channels[0]?.id ?? '');
  const [thread, setThread] = useState<string | null>(null);
  const [backFrom, setBackFrom] = useState<string | null>(null);
  const [takesFocus, setTakesFocus] = useState(true);
  const channel = directory.channels.find(({ id }) => id === open) ?? directory.channels[0];
  const parent = thread === null ? undefined : posts.find(({ id }) => id === thread);

  useEffect(() => {
    if (read[OPENED] === undefined) onRead(OPENED, newest(posts));
    const [shown, upTo] = parent
      ? [parent.id, newest(repliesTo(posts, parent.id))]
      : [open, newest(mainOf(posts, open))];
    if (upTo > (read[shown] ?? -1)) onRead(shown, upTo);
  }, [posts, read, onRead, parent, open]);

  const show = (id: string, under: string | null) => {
    setOpen(id);
    setBackFrom(under === null && id === open ? thread : null);
    setThread(under);
    setTakesFocus(true);
  };
  const lookAt = useCallback((id: string) => {
    const post = store.get(`slack/${id}`);
    if (!post) return;
    setOpen(post.channel);
    setThread(post.thread);
    // Whoever looks goes on where they are.
    setTakesFocus(false);
  }, []);
  useLook('slack', lookAt);
  if (!channel) return null;
  return (
    <>
      <Sidebar
        channels={directory.channels}
        open={channel.id}
        unread={(id) => unreadIn(posts, id, read, myId)}
        onOpen={(id) => show(id, null)}
      />
      {parent ? (
        <Thread
          key={parent.id}
          channel={channel}
          parent={parent}
          posts={posts}
          takesFocus={takesFocus}
          onClose={() => show(open, null)}
        />
      ) : (
        <Channel
          key={channel.id}
          channel={channel}
          posts={posts}
          read={read}
          onThread={(id) => show(open, id)}
          backFrom={backFrom}
        />
      )}
      <Form />
    </>
  );
}

function Form() {
  const form = useValue('form/slack');
  return form ? <OneForm key={form.id} form={form} /> : null;
}

function OneForm({ form }: { form: OpenForm }) {
  const { me } = useTeam();
  const intro = 'blocks' in form.intro && form.intro.blocks.length > 0 ? <Blocks blocks={form.intro.blocks} /> : null;
  return <FormDialog chat="slack" me={me} form={form} intro={intro} />;
}
