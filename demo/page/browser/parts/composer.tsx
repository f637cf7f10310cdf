import { type KeyboardEvent, useEffect, useId, useState } from 'react';

/** Something that is offered while somebody types; `text` is what then stands in the field. */
export interface Offer {
  text: string;
  label: string;
  about: string;
}

export interface ComposerProps {
  /** What a screen reader calls the field. */
  label: string;
  placeholder: string;
  /** Called for each text; the newest answer counts. */
  offersFor: (text: string) => Promise<Offer[]>;
  /** Sends what was typed. Gives what is wrong, in words; null where all is well. */
  onSend: (text: string) => Promise<string | null>;
  /** A line above the field, say of what the client knows about the command. */
  hint?: string | undefined;
}

/** The field in which a person types, with what is offered above it. Arrow keys choose, Tab or Enter takes, Enter sends. */
export function Composer({ label, placeholder, offersFor, onSend, hint }: ComposerProps) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { offers, at, setAt, close } = useOffers(text, offersFor);
  const list = useId();
  const chosen = offers[at];
  const first = chosen ?? offers[0];

  const send = async () => {
    if (text.trim() === '' || busy) return;
    setBusy(true);
    setProblem(null);
    setText('');
    const wrong = await onSend(text.trim());
    setBusy(false);
    setProblem(wrong);
    // What was refused can be mended, unless something else was begun meanwhile.
    if (wrong !== null) setText((begun) => (begun === '' ? text : begun));
  };
  const take = (offer: Offer) => {
    setText(offer.text);
    setProblem(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && offers.length > 0) setAt((at + step + offers.length) % offers.length);
    else if (event.key === 'Escape' && offers.length > 0) close();
    else if (event.key === 'Tab' && !event.shiftKey && first && first.text !== text) take(first);
    else if (event.key === 'Enter' && chosen && at >= 0 && chosen.text.trim() !== text.trim()) take(chosen);
    else if (event.key === 'Enter') void send();
    else return;
    event.preventDefault();
  };
  return (
    <div className="composer">
      {offers.length > 0 && (
        <div className="offers" data-ours role="listbox" id={list} aria-label={`Offered for ${label}`}>
          {offers.map((offer, i) => (
            <div
              role="option"
              key={offer.text + offer.label}
              id={`${list}-${i}`}
              aria-selected={i === at}
              ref={(element) => {
                if (i === at) element?.scrollIntoView({ block: 'nearest' });
              }}
              tabIndex={-1}
              className="offer"
              // Before the field loses the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                take(offer);
              }}
            >
              <b>{offer.label}</b> <span>{offer.about}</span>
            </div>
          ))}
        </div>
      )}
      {hint !== undefined && <p className="composer-hint">{hint}</p>}
      <div className="composer-line">
        <input
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded={offers.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 && chosen ? `${list}-${at}` : undefined}
          autoComplete="off"
          placeholder={placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setProblem(null);
          }}
          onKeyDown={onKey}
          onBlur={close}
        />
        <button type="button" className="send" aria-label="Send" disabled={busy || text.trim() === ''} onClick={send}>
          {busy ? <span className="spinner" /> : '➤'}
        </button>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

interface Offered {
  /** The text for which they are. */
  text: string;
  offers: Offer[];
  /** The chosen one; -1 for none. */
  at: number;
}

const NOTHING: Offered = { text: '', offers: [], at: -1 };

/** What is offered for the text. Offers for another text are none, however late the answers come. */
function useOffers(text: string, offersFor: (text: string) => Promise<Offer[]>) {
  const [offered, setOffered] = useState(NOTHING);
  useEffect(() => {
    if (text === '') return;
    let newest = true;
    void offersFor(text).then((offers) => newest && setOffered({ text, offers, at: -1 }));
    return () => {
      newest = false;
    };
  }, [text, offersFor]);
  const { offers, at } = offered.text === text ? offered : NOTHING;
  return {
    offers,
    at,
    setAt: (next: number) => setOffered((before) => ({ ...before, at: next })),
    close: () => setOffered(NOTHING),
  };
}
