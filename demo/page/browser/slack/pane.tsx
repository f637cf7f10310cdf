import { useCallback, useMemo, useState } from 'react';
import type { Person } from '../../protocol.ts';
import { useSlackPosts, useValue } from '../store.ts';
import { Client } from './client.tsx';
import { TeamProvider, type Theme } from './team.ts';
import type { ReadUpTo } from './unread.ts';

const NOTHING: ReadUpTo = {};

/** Slack as one person's client shows it. */
export function SlackPane({ me, theme = 'light' }: { me: Person; theme?: Theme }) {
  const posts = useSlackPosts();
  const directory = useValue('directory/slack');
  const run = useValue('start')?.run ?? '';
  const whose = `${run} ${me}`;
  const [read, setRead] = useState<Readonly<Record<string, ReadUpTo>>>({});
  const onRead = useCallback(
    (what: string, upTo: number) => setRead((all) => ({ ...all, [whose]: { ...all[whose], [what]: upTo } })),
    [whose],
  );
  const team = useMemo(() => {
    const myId = directory?.users.find(({ name }) => name === me)?.id;
    // What somebody else saw stays for a moment after the person changed.
    const mine = directory?.channels.some(({ id, direct }) => direct && id === myId);
    return directory && myId !== undefined && mine ? { me, myId, theme, directory } : null;
  }, [me, theme, directory]);
  return (
    <section className="slack" aria-label="Slack" data-theme={theme}>
      <div className="slack-window">
        {team ? (
          <TeamProvider value={team}>
            <Client key={whose} posts={posts} read={read[whose] ?? NOTHING} onRead={onRead} />
          </TeamProvider>
        ) : (
          <p className="slack-empty">{directory ? '' : 'Slack is starting…'}</p>
        )}
      </div>
    </section>
  );
}
