import { useCallback, useMemo, useState } from 'react';
import type { Directory } from '../../protocol.ts';
import { useDiscordPosts } from '../store.ts';
import { Messages } from './messages.tsx';
import { useNames } from './names.ts';
import { RoomComposer } from './room-composer.tsx';

type Channel = Directory['channels'][number];

interface Props {
  room: Channel;
  theme: 'light' | 'dark';
  dismissed: ReadonlySet<string>;
  onDismiss: (id: string) => void;
  onThread: (id: string) => void;
  onBack: () => void;
}

/** One channel, thread or conversation. */
export function Room({ room, theme, dismissed, onDismiss, onThread, onBack }: Props) {
  const all = useDiscordPosts();
  const { channel } = useNames();
  const parent = room.parent === null ? undefined : channel(room.parent);
  const posts = useMemo(
    () => all.filter((post) => post.channel === room.id && !dismissed.has(post.id)),
    [all, room.id, dismissed],
  );
  const title = parent || room.direct ? room.name : `#${room.name}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leaves a thread wherever the focus is in it
    <div
      className="room"
      onKeyDown={(event) => {
        if (parent && event.key === 'Escape' && !event.defaultPrevented) onBack();
      }}
    >
      <RoomHead room={room} parent={parent} onBack={onBack} />
      <Messages
        room={room.id}
        label={parent ? `Messages in thread ${title}` : `Messages in ${title}`}
        posts={posts}
        starter={parent && all.find(({ id }) => id === room.id)}
        welcome={parent ? `Thread in #${parent.name}` : `This is the start of ${title}.`}
        theme={theme}
        onThread={onThread}
        onDismiss={onDismiss}
      />
      {room.direct ? (
        <p className="read-only">Podwarden writes here to you alone. Answer it in a channel, or with its buttons.</p>
      ) : (
        <RoomComposer room={room} parent={parent} />
      )}
    </div>
  );
}

function RoomHead({ room, parent, onBack }: { room: Channel; parent: Channel | undefined; onBack: () => void }) {
  return (
    <header className="room-head" data-ours>
      {parent && (
        <button type="button" className="back" aria-label={`Back to #${parent.name}`} onClick={onBack}>
          ←
        </button>
      )}
      <h3>
        {!room.direct && !parent && <span className="hash">#</span>}
        {parent && <span className="crumb">#{parent.name} › </span>}
        {room.name}
      </h3>
    </header>
  );
}

/** Messages for one person alone go where that person sends them. */
export function useDismissed(): [ReadonlySet<string>, (id: string) => void] {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  return [dismissed, useCallback((id: string) => setDismissed((before) => new Set([...before, id])), [])];
}
