import { useEffect, useRef } from 'react';
import type { SlackPost } from '../../protocol.ts';
import type { ChannelInfo } from './channel.tsx';
import { Log } from './log.tsx';
import { countText, Post } from './post.tsx';
import { Speak } from './speak.tsx';
import { useTeam } from './team.ts';
import { newestOwn, repliesTo } from './unread.ts';

interface ThreadProps {
  channel: ChannelInfo;
  parent: SlackPost;
  posts: readonly SlackPost[];
  takesFocus: boolean;
  onClose: () => void;
}

/** A message with what was said under it, in place of the channel. */
export function Thread({ channel, parent, posts, takesFocus, onClose }: ThreadProps) {
  const { me, myId } = useTeam();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  const replies = repliesTo(posts, parent.id);
  const where = channel.direct ? channel.name : `#${channel.name}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape, from anywhere within
    <div
      className="slack-view"
      onKeyDown={(event) => {
        const inDialog = (event.target as Element).closest('dialog') !== null;
        if (event.key === 'Escape' && !event.defaultPrevented && !inDialog) onClose();
      }}
    >
      <div className="slack-head">
        <h2 ref={heading} tabIndex={-1}>
          Thread <span className="slack-where">{where}</span>
        </h2>
        <button type="button" className="slack-close" aria-label="Close thread" onClick={onClose}>
          ×
        </button>
      </div>
      <Log name={`${me} ${parent.id}`} own={newestOwn(replies, myId)} label={`Thread in ${where}`}>
        <Post post={parent} />
        <p className="slack-replies">
          <span>{countText(replies.length)}</span>
        </p>
        {replies.map((post) => (
          <Post key={post.id} post={post} />
        ))}
      </Log>
      {!channel.direct && <Speak channel={channel.name} under={parent.id} />}
    </div>
  );
}
