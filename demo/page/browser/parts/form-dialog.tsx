import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import type { SeenField } from '../../../../emulators/chat.ts';
import type { ChatName, OpenForm, Person } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { store } from '../store.ts';
import { Dialog } from './dialog.tsx';

type Values = Record<string, string[]>;

const initial = (form: OpenForm): Values => Object.fromEntries(form.fields.map(({ id, value }) => [id, value]));

/** What was typed outlives a reload, until the form is closed or sent. */
function useTyped(form: OpenForm): [Values, (id: string, value: string[]) => void, forget: () => void] {
  // Ids begin again in a world that was started over.
  const key = `form ${store.get('start')?.run} ${form.id}`;
  const [values, setValues] = useState<Values>(() => {
    const typed = sessionStorage.getItem(key);
    return { ...initial(form), ...(typed === null ? {} : (JSON.parse(typed) as Values)) };
  });
  useEffect(() => sessionStorage.setItem(key, JSON.stringify(values)), [key, values]);
  return [
    values,
    (id, value) => setValues((before) => ({ ...before, [id]: value })),
    () => sessionStorage.removeItem(key),
  ];
}

/** A chat's modal. Its fields are this page's own: neither of the libraries that draw messages has any that can be filled in. */
export function FormDialog({
  chat,
  me,
  form,
  intro,
}: {
  chat: ChatName;
  me: Person;
  form: OpenForm;
  intro: ReactNode;
}) {
  const [values, setValue, forget] = useTyped(form);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const close = () => {
    forget();
    void doAct({ kind: 'dismiss', chat, person: me, form: form.id });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const answer = await doAct({ kind: 'submit', chat, person: me, form: form.id, values });
    setBusy(false);
    if (answer.ok) forget();
    else setProblem(answer.problem);
  };
  return (
    <Dialog title={form.title} chat={chat} onClose={close}>
      <form onSubmit={submit} className="form">
        {intro}
        {form.fields.map((field) => (
          <FormField
            key={field.id}
            field={field}
            value={values[field.id] ?? []}
            onChange={(value) => setValue(field.id, value)}
          />
        ))}
        {problem !== null && (
          <p role="alert" className="problem">
            {problem}
          </p>
        )}
        <div className="dialog-foot">
          <button type="button" className="plain" onClick={close}>
            {chat === 'slack' ? 'Close' : 'Cancel'}
          </button>
          <button type="submit" className="primary" disabled={busy} aria-busy={busy}>
            {busy ? 'Sending…' : form.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  field: SeenField;
  value: string[];
  onChange: (value: string[]) => void;
}

function FormField({ field, value, onChange }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  const shared = { id, required: field.required, 'aria-describedby': about, 'aria-invalid': field.problem !== null };
  return (
    <div className="field" data-ours>
      <label htmlFor={id}>
        {field.label}
        {!field.required && <span className="optional"> (optional)</span>}
      </label>
      <FieldInput field={field} value={value} onChange={onChange} shared={shared} />
      <p id={about} className={field.problem === null ? 'hint' : 'problem'}>
        {field.problem ?? field.hint}
      </p>
    </div>
  );
}

interface Shared {
  id: string;
  required: boolean;
  'aria-describedby': string;
  'aria-invalid': boolean;
}

function FieldInput({ field, value, onChange, shared }: FieldProps & { shared: Shared }) {
  const [first = ''] = value;
  const bound = field.atMost === null ? {} : { maxLength: field.atMost };
  if (field.kind === 'text' && field.long) {
    return <textarea {...shared} {...bound} rows={3} value={first} onChange={(e) => onChange([e.target.value])} />;
  }
  if (field.kind === 'text') {
    return <input {...shared} {...bound} type="text" value={first} onChange={(e) => onChange([e.target.value])} />;
  }
  if (field.kind === 'choice') {
    return (
      <select {...shared} value={first} onChange={(e) => onChange(e.target.value === '' ? [] : [e.target.value])}>
        <option value="">Choose…</option>
        <Choices field={field} />
      </select>
    );
  }
  return (
    <select
      {...shared}
      multiple
      value={value}
      onChange={(e) => onChange([...e.target.selectedOptions].map((option) => option.value))}
    >
      <Choices field={field} />
    </select>
  );
}

function Choices({ field }: { field: SeenField }) {
  return field.choices.map(({ label, value }) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));
}
