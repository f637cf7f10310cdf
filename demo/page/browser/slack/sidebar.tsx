import { useId } from 'react';
import { avatarUrl } from '../parts/avatar.ts';
import type { ChannelInfo } from './channel.tsx';
import { BOT } from './team.ts';
import type { Unread } from './unread.ts';

interface SidebarProps {
  channels: readonly ChannelInfo[];
  open: string;
  unread: (channel: string) => Unread;
  onOpen: (channel: string) => void;
}

export function Sidebar({ channels, ...shared }: SidebarProps) {
  return (
    <nav className="slack-side" aria-label="Slack conversations" data-ours>
      <p className="slack-workspace">{BOT}</p>
      <Group title="Channels" channels={channels.filter(({ direct }) => !direct)} {...shared} />
      <Group title="Direct messages" channels={channels.filter(({ direct }) => direct)} {...shared} />
    </nav>
  );
}

function Group({ title, channels, open, unread, onOpen }: SidebarProps & { title: string }) {
  const id = useId();
  return (
    <div className="slack-group">
      <p id={id}>{title}</p>
      <ul aria-labelledby={id}>
        {channels.map((channel) => (
          <li key={channel.id}>
            <Entry
              channel={channel}
              isOpen={channel.id === open}
              unread={unread(channel.id)}
              onOpen={() => onOpen(channel.id)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface EntryProps {
  channel: ChannelInfo;
  isOpen: boolean;
  unread: Unread;
  onOpen: () => void;
}

function Entry({ channel: { direct, name }, isOpen, unread: { count, mentioned }, onOpen }: EntryProps) {
  return (
    <button
      type="button"
      aria-current={isOpen ? 'true' : undefined}
      className={count > 0 ? 'slack-entry unread' : 'slack-entry'}
      onClick={onOpen}
    >
      {direct ? <img src={avatarUrl(null)} alt="" /> : <span aria-hidden="true">#</span>}
      <span className="slack-entry-name">{name}</span>
      {count > 0 && (
        <span className={mentioned ? 'slack-badge red' : 'slack-badge'}>
          {count}
          <span className="slack-unseen"> unread{mentioned ? ', for you' : ''}</span>
        </span>
      )}
    </button>
  );
}
