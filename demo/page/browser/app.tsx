import { useEffect, useState } from 'react';
import { PEOPLE, type Person } from '../protocol.ts';
import { DiscordPane } from './discord/pane.tsx';
import { SlackPane } from './slack/pane.tsx';
import { store, useValue } from './store.ts';

export function App() {
  const [me, setMe] = useState<Person>('alice');
  const start = useValue('start');
  useEffect(() => store.watch(me), [me]);
  return (
    <>
      <header>
        {PEOPLE.map((name) => (
          <button type="button" key={name} onClick={() => setMe(name)}>
            {name}
          </button>
        ))}
        {start?.state}
      </header>
      <main className="panes">
        <SlackPane me={me} />
        <DiscordPane me={me} />
      </main>
    </>
  );
}
