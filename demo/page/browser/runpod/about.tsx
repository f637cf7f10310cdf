import { useEffect, useState } from 'react';

/** What is seen here is not our own idea of both chats, but for what is marked. */
export function About() {
  const [marked, setMarked] = useState(false);
  useEffect(() => {
    document.documentElement.dataset.marks = marked ? 'on' : 'off';
  }, [marked]);
  return (
    <section aria-labelledby="about">
      <h3 id="about">How true is this?</h3>
      <p className="none">
        The bot, its libraries and its data are real. Messages are drawn by slack-blocks-to-jsx and discord-components;
        what those lack is drawn by this page.
      </p>
      <label className="mark">
        <input type="checkbox" checked={marked} onChange={(event) => setMarked(event.target.checked)} /> Mark what this
        page draws itself
      </label>
    </section>
  );
}
