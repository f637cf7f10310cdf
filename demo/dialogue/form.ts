import { setTimeout as pause } from 'node:timers/promises';
import type { ChatEmulator, SeenField, SeenForm } from '../../emulators/chat.ts';
import { StepFailed } from './step-failed.ts';

const WAIT_MS = 5000;
const POLL_MS = 50;

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const begins = (a: string, b: string) => a.toLowerCase().startsWith(b.toLowerCase());

/** By id or label, exact then prefix, ignoring case. */
function named<T>(wanted: string, all: T[], names: (item: T) => string[]): T | undefined {
  return (
    all.find((item) => names(item).some((name) => same(name, wanted))) ??
    all.find((item) => names(item).some((name) => begins(name, wanted)))
  );
}

/** Fills what is named in the person's newest form, leaves the rest, and submits. */
export async function fillForm(chat: ChatEmulator, person: string, values: [string, string][]): Promise<void> {
  const form = await newestForm(chat, person);
  for (const [name, value] of values) {
    const field = named(name, form.fields, ({ id, label }) => [id, label]);
    if (!field)
      throw new StepFailed(`the form "${form.title}" has no field ${name}: ${form.fields.map((f) => f.id).join(', ')}`);
    field.value = valuesFor(field, value);
  }
  await chat.submit(person, form);
}

async function newestForm(chat: ChatEmulator, person: string): Promise<SeenForm> {
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    const form = chat.form(person);
    if (form) return form;
    await pause(POLL_MS);
  }
  throw new StepFailed(`${person} has no open form`);
}

function valuesFor(field: SeenField, value: string): string[] {
  if (field.kind === 'text') return [value];
  const wanted = field.kind === 'choices' ? value.split(',').map((part) => part.trim()) : [value];
  return wanted.map((part) => {
    const choice = named(part, field.choices, ({ label, value: v }) => [v, label]);
    if (!choice)
      throw new StepFailed(`${field.label} has no choice ${part}: ${field.choices.map((c) => c.label).join(', ')}`);
    return choice.value;
  });
}
