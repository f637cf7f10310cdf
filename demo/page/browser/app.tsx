import { useState } from 'react';
import { DiscordPane } from './discord/pane.tsx';
import { RunpodPane } from './runpod/pane.tsx';
import { SlackPane } from './slack/pane.tsx';
import { useHeard, useValue } from './store.ts';
import { useMe } from './top/me.ts';
import { useTheme } from './top/theme.ts';
import { TopBar } from './top/top-bar.tsx';
import { TroubleStrip } from './top/trouble-strip.tsx';
import { Tour } from './tour/tour.tsx';

/** Both chats, the account, and above them who one is and what time it is. */
export function App() {
  const [me, setMe] = useMe();
  const [theme, setTheme] = useTheme();
  const start = useValue('start');
  const heard = useHeard();
  const [touring, setTouring] = useState(() => sessionStorage.getItem('tour') !== 'over');
  const tour = (on: boolean) => {
    sessionStorage.setItem('tour', on ? 'on' : 'over');
    // Whoever ended it begins at its beginning.
    if (!on) sessionStorage.removeItem('tour-at');
    setTouring(on);
  };
  const up = start?.state === 'up';
  return (
    <div className="page" data-theme={theme}>
      <TopBar
        me={me}
        onMe={setMe}
        theme={theme}
        onTheme={setTheme}
        touring={touring}
        onTour={() => tour(!touring)}
        onAnew={() => tour(true)}
      />
      {!heard && (
        <p className="banner" role="status">
          The demo is not heard from. If you ended it, start it again: this page goes on by itself.
        </p>
      )}
      {up && <TroubleStrip />}
      {up && touring && <Tour key={start.run} me={me} onMe={setMe} onEnd={() => tour(false)} />}
      {up ? (
        <main className="panes">
          <SlackPane me={me} theme={theme} />
          <DiscordPane me={me} theme={theme} />
          <RunpodPane />
        </main>
      ) : (
        <Waiting />
      )}
    </div>
  );
}

function Waiting() {
  const start = useValue('start');
  return (
    <main className="waiting">
      {start?.state === 'failed' ? (
        <p role="alert">The demo did not come up: {start.problem}</p>
      ) : (
        <>
          <span className="spinner" />
          <h1>Starting Podwarden</h1>
          <p role="status">{start?.state === 'starting' ? start.doing : 'waiting for the demo'}…</p>
        </>
      )}
    </main>
  );
}
