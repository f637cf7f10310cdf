import { BOT_NAME, useNames } from './names.ts';

export interface MentionProps {
  kind: 'user' | 'role' | 'channel' | 'everyone' | 'here' | 'slashCommand';
  id: string;
  /** Of a command. */
  name: string;
}

export function Mention({ kind, id, name }: MentionProps) {
  const { bot, myId, person, channel } = useNames();
  if (kind === 'channel') {
    const named = channel(id);
    return <discord-mention type={named?.parent ? 'thread' : 'channel'}>{named?.name ?? 'unknown'}</discord-mention>;
  }
  if (kind === 'slashCommand') return <discord-mention type="slash">{name}</discord-mention>;
  if (kind === 'user') {
    return (
      <discord-mention type="user" highlight={id === myId}>
        {id === bot ? BOT_NAME : (person(id) ?? 'unknown-user')}
      </discord-mention>
    );
  }
  return <discord-mention type="role">{kind}</discord-mention>;
}
