import type { MouseEvent, ReactNode } from 'react';
import type { MessageProps } from 'slack-blocks-to-jsx';
import { lookAt } from '../parts/look.ts';
import { agoText, momentText, useNow } from '../parts/now.ts';
import { BOT, type Team } from './team.ts';

type Hooks = NonNullable<MessageProps['hooks']>;

/** The library reads its hooks and names once, when a message is first drawn: what changes has to change inside of them. */
export function hooksFor({ myId }: Team): Hooks {
  return {
    user: ({ id, name }) => <span className={id === myId ? 'slack_user me' : 'slack_user'}>@{name}</span>,
    date: ({ timestamp, format }) => <Moment at={Number(timestamp) * 1000} format={format} />,
    link: ({ href, children, className }) => (
      <Link href={href} className={className}>
        {children}
      </Link>
    ),
  };
}

/** A link to a message of the workspace opens it in the pane; the library opens all in this window. */
function Link({ href, className, children }: { href: string; className: string; children: ReactNode }) {
  const [, seconds, rest] = /^https:\/\/[^/]+\/archives\/\w+\/p(\d{10})(\d{6})/.exec(href) ?? [];
  const onClick = (event: MouseEvent) => {
    if (seconds === undefined) return;
    event.preventDefault();
    lookAt('slack', `${seconds}.${rest}`);
  };
  return (
    <a href={href} className={className} target="_blank" rel="noopener noreferrer" onClick={onClick}>
      {children}
    </a>
  );
}

export function dataFor({ directory }: Team): NonNullable<MessageProps['data']> {
  return {
    users: [...directory.users, { id: directory.bot, name: BOT }],
    channels: directory.channels.filter(({ direct }) => !direct).map(({ id, name }) => ({ id, name })),
  };
}

function Moment({ at, format }: { at: number; format: string }) {
  return (
    <time dateTime={new Date(at).toISOString()}>{format === '{ago}' ? <Ago at={at} /> : `${momentText(at)} UTC`}</time>
  );
}

export function Ago({ at }: { at: number }) {
  return agoText(at, useNow());
}
