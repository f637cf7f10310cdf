import type { ReactNode } from 'react';
import type { Directory } from '../../protocol.ts';
import { avatarUrl } from '../parts/avatar.ts';
import { useNames } from './names.ts';
import type { Unread } from './unread.ts';

type Channel = Directory['channels'][number];

interface Props {
  open: string;
  unread: (channel: string) => Unread;
  onOpen: (id: string) => void;
}

export function Sidebar(props: Props) {
  const { channels } = useNames();
  const texts = channels.filter(({ parent, direct }) => parent === null && !direct);
  const directs = channels.filter(({ direct }) => direct);
  return (
    <nav className="sidebar" aria-label="Discord channels" data-ours>
      <h2>Podwarden</h2>
      <Group name="Text channels">
        {texts.map((channel) => (
          <li key={channel.id}>
            <Item {...props} channel={channel} />
            <Threads {...props} of={channel} threads={channels.filter(({ parent }) => parent === channel.id)} />
          </li>
        ))}
      </Group>
      {directs.length > 0 && (
        <Group name="Direct messages">
          {directs.map((channel) => (
            <li key={channel.id}>
              <Item {...props} channel={channel} />
            </li>
          ))}
        </Group>
      )}
    </nav>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <p className="group" aria-hidden="true">
        {name}
      </p>
      <ul aria-label={name}>{children}</ul>
    </>
  );
}

function Threads({ of, threads, ...props }: Props & { of: Channel; threads: Channel[] }) {
  if (threads.length === 0) return null;
  return (
    <ul className="threads" aria-label={`Threads in #${of.name}`}>
      {threads.map((thread) => (
        <li key={thread.id}>
          <Item {...props} channel={thread} />
        </li>
      ))}
    </ul>
  );
}

function Item({ channel: { id, name, parent, direct }, open, unread, onOpen }: Props & { channel: Channel }) {
  const { count, mentions } = unread(id);
  return (
    <button
      type="button"
      className="channel"
      data-unread={count > 0}
      aria-current={id === open ? 'page' : undefined}
      onClick={() => onOpen(id)}
    >
      {direct && <img src={avatarUrl(null)} alt="" />}
      {!direct && parent === null && (
        <span className="hash" aria-hidden="true">
          #
        </span>
      )}
      <span className="channel-name">{name}</span>
      {count > 0 && <span className="unseen">{mentions > 0 ? '' : 'unread'}</span>}
      {mentions > 0 && (
        <span className="badge">
          {mentions}
          <span className="unseen"> {mentions === 1 ? 'mention' : 'mentions'}</span>
        </span>
      )}
    </button>
  );
}
