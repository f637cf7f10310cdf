import { useState } from 'react';
import { PEOPLE, type Person } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { avatarUrl } from '../parts/avatar.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Clock } from './clock.tsx';
import type { Theme } from './theme.ts';

const ROLES: Record<Person, string> = {
  alice: 'on the team',
  bob: 'may approve',
  carol: 'may approve',
  mallory: 'has no rights',
};

interface TopBarProps {
  me: Person;
  onMe: (person: Person) => void;
  theme: Theme;
  onTheme: (theme: Theme) => void;
  touring: boolean;
  onTour: () => void;
  /** Everything begins anew. */
  onAnew: () => void;
}

export function TopBar({ me, onMe, theme, onTheme, touring, onTour, onAnew }: TopBarProps) {
  return (
    <header className="top">
      <h1 className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" /> Podwarden
      </h1>
      <People me={me} onMe={onMe} />
      <Clock />
      <div className="top-more">
        <button type="button" aria-pressed={touring} onClick={onTour}>
          Tour
        </button>
        <button
          type="button"
          aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={() => onTheme(theme === 'dark' ? 'light' : 'dark')}
        >
          {theme === 'dark' ? '☀' : '☾'}
        </button>
        <StartOver onStart={onAnew} />
      </div>
    </header>
  );
}

function People({ me, onMe }: Pick<TopBarProps, 'me' | 'onMe'>) {
  return (
    <fieldset className="people">
      <legend>You are</legend>
      {PEOPLE.map((name) => (
        <label key={name} className={name === me ? 'person chosen' : 'person'}>
          <input type="radio" name="me" value={name} checked={name === me} onChange={() => onMe(name)} />
          <img src={avatarUrl(name)} alt="" width="28" height="28" />
          <span>
            <b>{name.charAt(0).toUpperCase() + name.slice(1)}</b>
            <small>{ROLES[name]}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function StartOver({ onStart }: { onStart: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Start over
      </button>
      {asking && (
        <Dialog title="Start over?" onClose={() => setAsking(false)}>
          <p>Everything in both chats and on RunPod’s side begins anew. It takes some seconds.</p>
          <div className="dialog-foot">
            <button type="button" className="plain" onClick={() => setAsking(false)}>
              Keep it
            </button>
            <button
              type="button"
              className="danger"
              onClick={() => {
                setAsking(false);
                onStart();
                void doAct({ kind: 'start-over' });
              }}
            >
              Start over
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
