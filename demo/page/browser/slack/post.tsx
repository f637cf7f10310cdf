import type { SlackPost } from '../../protocol.ts';
import { avatarUrl } from '../parts/avatar.ts';
import { momentText, timeText } from '../parts/now.ts';
import { PostBody } from './buttons.tsx';
import { Files } from './files.tsx';
import { Ago } from './hooks.tsx';
import { BOT, nameOf, useTeam } from './team.ts';

export interface ThreadLink {
  replies: SlackPost[];
  unread: number;
  open: () => void;
}

/** One message; `thread` where replies hang on it that can be opened. */
export function Post({ post, thread }: { post: SlackPost; thread?: ThreadLink | undefined }) {
  const { directory } = useTeam();
  const name = nameOf(directory, post.author);
  return (
    <article
      className={post.onlyYou ? 'slack-post only-you' : 'slack-post'}
      aria-label={`${name ?? BOT}, ${timeText(post.at)}`}
      data-post={`slack/${post.id}`}
    >
      {post.onlyYou && <OnlyYou />}
      <img className="slack-avatar" src={avatarUrl(name)} alt="" />
      <div className="slack-words">
        <p className="slack-by">
          <b>{name ?? BOT}</b>
          {post.author === null && <span className="slack-app">APP</span>}
          <time dateTime={new Date(post.at).toISOString()} title={`${momentText(post.at)} UTC`}>
            {timeText(post.at)}
          </time>
        </p>
        <PostBody post={post} />
        {post.edited && <span className="slack-edited">(edited)</span>}
        <Files files={post.files} />
        {thread && thread.replies.length > 0 && <ThreadButton parent={post.id} {...thread} />}
      </div>
    </article>
  );
}

function OnlyYou() {
  return (
    <p className="slack-only-you" data-ours>
      <svg viewBox="0 0 20 20" width="14" height="14" aria-hidden="true">
        <path
          fill="currentColor"
          d="M10 4c4 0 7 3 8.5 6-1.5 3-4.5 6-8.5 6s-7-3-8.5-6C3 7 6 4 10 4m0 2.5A3.5 3.5 0 1 0 10 13.5 3.5 3.5 0 0 0 10 6.5m0 1.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4"
        />
      </svg>
      Only visible to you
    </p>
  );
}

export const countText = (count: number) => `${count} ${count === 1 ? 'reply' : 'replies'}`;

function ThreadButton({ parent, replies, unread, open }: ThreadLink & { parent: string }) {
  const { directory } = useTeam();
  const authors = [...new Set(replies.map(({ author }) => nameOf(directory, author)))].slice(0, 3);
  const last = replies.at(-1)?.at ?? 0;
  return (
    <button type="button" className="slack-thread-button" data-thread={parent} data-ours onClick={open}>
      {authors.map((author) => (
        <img key={author} src={avatarUrl(author)} alt="" />
      ))}
      <b>{countText(replies.length)}</b>
      <span className="slack-last">
        Last reply <Ago at={last} />
      </span>
      {unread > 0 && <span className="slack-badge">{unread} new</span>}
    </button>
  );
}
