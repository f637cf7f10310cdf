import { Fragment, useMemo } from 'react';
import type { DiscordPost } from '../../protocol.ts';
import { useFollowing } from '../parts/follow.ts';
import { dayText, longDayText, useNow } from '../parts/now.ts';
import { useNames } from './names.ts';
import { Post } from './post.tsx';

interface Props {
  /** The channel's or thread's id. */
  room: string;
  label: string;
  posts: DiscordPost[];
  /** The message that the thread hangs on. */
  starter: DiscordPost | undefined;
  welcome: string;
  theme: 'light' | 'dark';
  onThread: (id: string) => void;
  onDismiss: (id: string) => void;
}

const GROUP_MS = 7 * 60_000;

function follows(post: DiscordPost, before: DiscordPost | undefined): boolean {
  if (!before || post.command || post.author !== before.author || post.onlyYou !== before.onlyYou) return false;
  return post.at - before.at < GROUP_MS && dayText(post.at) === dayText(before.at);
}

export function Messages({ room, label, posts, starter, welcome, theme, onThread, onDismiss }: Props) {
  const { myId } = useNames();
  const last = posts.at(-1);
  const own = last && (last.author === myId || last.onlyYou) ? last.id : undefined;
  const { box, inner, away, onScroll, toEnd } = useFollowing<HTMLElement>(`${myId} ${room}`, own);
  const today = dayText(useNow());
  const drawn = useMemo(() => {
    const shared = { today, onDismiss };
    return posts.map((post, i) => {
      const before = posts[i - 1];
      const newDay = !before || dayText(before.at) !== dayText(post.at);
      return (
        <Fragment key={post.id}>
          {newDay && <Divider text={longDayText(post.at)} />}
          <Post post={post} follows={follows(post, before)} onThread={onThread} {...shared} />
        </Fragment>
      );
    });
  }, [posts, today, onThread, onDismiss]);
  return (
    <div className="log-frame">
      <div
        className="log"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-label={label}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard
        tabIndex={0}
      >
        {/* Not all of the library's components hear of another theme: they are made anew. */}
        <discord-messages key={theme} lightTheme={theme === 'light'} noBackground ref={inner}>
          <p className="welcome" data-ours>
            {welcome}
          </p>
          {starter && <Post post={starter} today={today} follows={false} onDismiss={onDismiss} />}
          {drawn}
        </discord-messages>
      </div>
      {away && (
        <button type="button" className="to-end" onClick={toEnd} data-ours>
          Jump to present
        </button>
      )}
    </div>
  );
}

function Divider({ text }: { text: string }) {
  return (
    <p className="day" data-ours>
      <span>{text}</span>
    </p>
  );
}
