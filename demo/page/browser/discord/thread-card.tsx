import type { KeyboardEvent } from 'react';
import type { Directory, DiscordPost } from '../../protocol.ts';
import { avatarUrl } from '../parts/avatar.ts';
import { agoText, momentText, useNow } from '../parts/now.ts';
import { useDiscordPosts } from '../store.ts';
import { BOT_NAME, useNames } from './names.ts';

type Channel = Directory['channels'][number];

/** The thread that hangs on a message. The library's card is no button of itself. */
export function ThreadCard({ thread, onOpen }: { thread: Channel; onOpen: () => void }) {
  const posts = useDiscordPosts().filter(({ channel }) => channel === thread.id);
  const count = posts.length === 1 ? '1 message' : `${posts.length} messages`;
  const last = posts.at(-1);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onOpen();
  };
  return (
    <discord-thread
      slot="thread"
      role="button"
      tabIndex={0}
      data-thread={thread.id}
      name={thread.name}
      cta={count}
      onClick={onOpen}
      onKeyDown={onKey}
    >
      {last ? <LastPost post={last} /> : 'There are no recent messages in this thread.'}
    </discord-thread>
  );
}

function LastPost({ post }: { post: DiscordPost }) {
  const { person } = useNames();
  const now = useNow();
  const name = person(post.author);
  return (
    <discord-thread-message
      author={name ?? BOT_NAME}
      avatar={avatarUrl(name)}
      bot={name === null}
      relativeTimestamp={agoText(post.at, now)}
    >
      <span className="thread-text">{usePlain(post)}</span>
    </discord-thread-message>
  );
}

/** One line, without markdown. */
function usePlain({ content, embeds, thinking }: DiscordPost): string {
  const { bot, person } = useNames();
  if (thinking) return '…';
  const [embed] = embeds as { title?: string }[];
  const text = content.replace(/<@!?(\d+)>/g, (_, id) => `@${id === bot ? BOT_NAME : (person(id) ?? 'unknown-user')}`);
  const dated = text.replace(/<t:(\d+)(?::\w)?>/g, (_, at) => momentText(Number(at) * 1000));
  return [dated.replace(/[*_`\\]/g, ''), embed?.title].filter(Boolean).join(' ');
}
