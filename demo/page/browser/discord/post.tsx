import { memo, useState } from 'react';
import type { DiscordPost } from '../../protocol.ts';
import { avatarUrl } from '../parts/avatar.ts';
import { dayText, momentText, timeText } from '../parts/now.ts';
import { Dots } from './buttons.tsx';
import { MessageComponent } from './components.tsx';
import { EmbedCard } from './embed.tsx';
import { Files } from './files.tsx';
import { Markdown } from './markdown.tsx';
import { BOT_NAME, useNames } from './names.ts';
import { ThreadCard } from './thread-card.tsx';

interface Props {
  post: DiscordPost;
  /** Today, as `dayText` has it. */
  today: string;
  /** It follows another of the same author, and needs no head of its own. */
  follows: boolean;
  /** Not where the thread itself is open. */
  onThread?: ((id: string) => void) | undefined;
  onDismiss: (id: string) => void;
}

export const Post = memo(function Post({ post, today, follows, onThread, onDismiss }: Props) {
  const { myId, person, channel } = useNames();
  const { id, author, at, edited, onlyYou, command } = post;
  const name = author === null ? BOT_NAME : (person(author) ?? 'unknown-user');
  const thread = onThread && channel(id);
  return (
    <article
      className={follows ? 'post follows' : 'post'}
      aria-label={`${name}, ${momentText(at)}`}
      data-post={`discord/${id}`}
    >
      <discord-message
        author={name}
        avatar={avatarUrl(author === null ? null : name)}
        bot={author === null}
        timestamp={follows || dayText(at) === today ? timeText(at) : momentText(at)}
        edited={edited}
        ephemeral={onlyYou}
        // As Discord has it, a name in a card calls nobody.
        highlight={post.content.includes(`<@${myId}>`)}
        messageBodyOnly={follows}
      >
        {command && <UsedCommand user={person(command.user) ?? 'somebody'} name={command.name} />}
        <PostBody post={post} />
        {onlyYou && <OnlyYou onDismiss={() => onDismiss(id)} />}
        {thread && <ThreadCard thread={thread} onOpen={() => onThread(id)} />}
      </discord-message>
    </article>
  );
});

/** What stands in the slots of a message. */
function PostBody({ post }: { post: DiscordPost }) {
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <>
      {post.thinking ? <Thinking /> : <Markdown text={post.content} />}
      <Files files={post.files} />
      {post.embeds.map((embed, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: embeds have no other identity
        <EmbedCard key={i} embed={embed} />
      ))}
      {post.components.map((component, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nor have rows
        <MessageComponent key={i} component={component} post={post.id} onProblem={setProblem} />
      ))}
      <p slot="components" role="alert" className="post-problem">
        {problem}
      </p>
    </>
  );
}

function UsedCommand({ user, name }: { user: string; name: string }) {
  return <discord-command slot="reply" author={user} avatar={avatarUrl(user)} command={`/${name}`} />;
}

function Thinking() {
  return (
    <span className="thinking" data-ours>
      <Dots /> {BOT_NAME} is thinking…
    </span>
  );
}

/** The library's line has a link that no keyboard reaches. */
function OnlyYou({ onDismiss }: { onDismiss: () => void }) {
  return (
    <p slot="reactions" className="only-you" data-ours>
      <span aria-hidden="true">👁</span> Only you can see this •{' '}
      <button type="button" onClick={onDismiss}>
        Dismiss message
      </button>
    </p>
  );
}
