import { Fragment, useEffect, useRef } from 'react';
import type { Directory, SlackPost } from '../../protocol.ts';
import { longDayText, useNow } from '../parts/now.ts';
import { Log } from './log.tsx';
import { Post } from './post.tsx';
import { Speak } from './speak.tsx';
import { useTeam } from './team.ts';
import { mainOf, newestOwn, type ReadUpTo, repliesTo, unreadReplies } from './unread.ts';

export type ChannelInfo = Directory['channels'][number];

interface ChannelProps {
  channel: ChannelInfo;
  posts: readonly SlackPost[];
  read: ReadUpTo;
  onThread: (parent: string) => void;
  /** The thread that somebody comes back from. */
  backFrom: string | null;
}

export function Channel({ channel, posts, read, onThread, backFrom }: ChannelProps) {
  const { me, myId } = useTeam();
  const view = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const button = backFrom && view.current?.querySelector<HTMLElement>(`[data-thread="${CSS.escape(backFrom)}"]`);
    if (button) button.focus();
  }, [backFrom]);
  const title = channel.direct ? channel.name : `#${channel.name}`;
  const main = mainOf(posts, channel.id);
  return (
    <div className="slack-view" ref={view}>
      <div className="slack-head">
        <h2>{title}</h2>
      </div>
      <Log name={`${me} ${channel.id}`} own={newestOwn(main, myId)} label={`Messages in ${title}`}>
        {main.length === 0 && <p className="slack-empty">Nothing here yet. Type /pod help.</p>}
        {main.map((post, i) => {
          const replies = repliesTo(posts, post.id);
          const unread = unreadReplies(replies, post.id, read, myId).length;
          return (
            <Fragment key={post.id}>
              {longDayText(post.at) !== longDayText(main[i - 1]?.at ?? 0) && <Day at={post.at} />}
              <Post post={post} thread={{ replies, unread, open: () => onThread(post.id) }} />
            </Fragment>
          );
        })}
      </Log>
      {channel.direct ? (
        <p className="slack-read-only" data-ours>
          Podwarden only sends messages here. Use /pod in a channel.
        </p>
      ) : (
        <Speak key={channel.id} channel={channel.name} under={null} />
      )}
    </div>
  );
}

function Day({ at }: { at: number }) {
  const today = longDayText(useNow()) === longDayText(at);
  return (
    <p className="slack-day">
      <span>{today ? 'Today' : longDayText(at)}</span>
    </p>
  );
}
