import { setTimeout as pause } from 'node:timers/promises';
import { fillForm } from '../demo/dialogue/form.ts';
import { StepFailed } from '../demo/dialogue/step-failed.ts';
import {
  type ChatEmulator,
  ClientRefused,
  NotAcknowledged,
  type Seen,
  type SeenButton,
  type SeenForm,
} from '../emulators/chat.ts';
import type { Entry } from './plan.ts';

type Act<K extends Entry['kind']> = Extract<Entry, { kind: K }>;
/** How long somebody looks for what they want to press, ms. */
const LOOK_MS = 6000;
const CONFIRM_MS = 2500;
/** Somebody who gets no form tries again, as they are told. */
const ASK_TRIES = 3;
const FORM_MS = 2500;
const POLL_MS = 40;

/** `done`; or why there was nothing to do: no such button, no form, the platform's own refusal, no acknowledgement. */
export type Outcome = 'done' | 'nothing to press' | 'refused' | 'not acknowledged' | 'no form';

/** What one person does, as their client lets them. `pace` is how much longer everything takes here than usual. */
export async function act(entry: Act<'type' | 'press' | 'ask'>, chat: ChatEmulator, pace: number): Promise<Outcome> {
  try {
    switch (entry.kind) {
      case 'type':
        await chat.command(entry.person, 'gpu', entry.text);
        return 'done';
      case 'press':
        return await press(entry, chat, pace);
      case 'ask':
        return await ask(entry, chat, pace);
    }
  } catch (error) {
    if (error instanceof NotAcknowledged) return 'not acknowledged';
    if (error instanceof ClientRefused) return 'refused';
    throw error;
  }
}

async function ask(entry: Act<'ask'>, chat: ChatEmulator, pace: number): Promise<Outcome> {
  const { person, pod } = entry;
  for (let tries = 0; tries < ASK_TRIES; tries++) {
    const before = chat.form(person)?.id;
    await chat.command(person, 'gpu', `/pod terminate ${pod}`);
    const form = await until(() => newForm(chat, person, before), FORM_MS * pace);
    if (form) return fill(entry, form, chat);
    // Not there yet, as its card shows.
    await until(
      () => chat.visibleTo(null).find(({ text }) => text.includes(`${pod}: Running`)) ?? null,
      LOOK_MS * pace,
    );
  }
  return 'no form';
}

function newForm(chat: ChatEmulator, person: string, before: string | undefined): SeenForm | null {
  const form = chat.form(person);
  return form && form.id !== before ? form : null;
}

async function fill({ person, answers }: Act<'ask'>, form: SeenForm, chat: ChatEmulator): Promise<Outcome> {
  const wanted = Object.entries(answers).filter(([name]) => form.fields.some(({ id }) => id === name));
  try {
    await fillForm(chat, person, wanted);
  } catch (error) {
    if (error instanceof StepFailed) return 'no form';
    throw error;
  }
  return 'done';
}

async function press({ person, label, on, times }: Act<'press'>, chat: ChatEmulator, pace: number): Promise<Outcome> {
  const found = await until(() => newest(chat.visibleTo(person), label, on), LOOK_MS * pace);
  if (!found) return 'nothing to press';
  const before = newestChange(chat, person);
  const clicks = Array.from({ length: times }, () => chat.press(person, found.message, found.button));
  const ends = await Promise.allSettled(clicks);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  if (found.button.dialog === null) await confirm(person, found.button.label, before, chat, pace);
  return 'done';
}

/** Where a chat has no dialogs, a private message asks: its first button has the same label. */
async function confirm(person: string, label: string, since: number, chat: ChatEmulator, pace: number): Promise<void> {
  const asked = await until(() => {
    const questions = chat.visibleTo(person).filter((m) => m.onlyFor === person && m.changed > since);
    return questions.find(({ buttons: [first] }) => first?.label === label) ?? null;
  }, CONFIRM_MS * pace);
  const [first] = asked?.buttons ?? [];
  if (asked && first?.id.endsWith('!')) await chat.press(person, asked, first);
}

const newestChange = (chat: ChatEmulator, person: string) =>
  Math.max(0, ...chat.visibleTo(person).map(({ changed }) => changed));

function newest(messages: Seen[], label: string, on: string): { message: Seen; button: SeenButton } | null {
  for (const message of messages.filter(({ text }) => text.includes(on)).sort((a, b) => b.posted - a.posted)) {
    const button = message.buttons.find((one) => one.label.startsWith(label));
    if (button) return { message, button };
  }
  return null;
}

async function until<T>(look: () => T | null, ms: number): Promise<T | null> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = look();
    if (found !== null || Date.now() >= deadline) return found;
    await pause(POLL_MS);
  }
}
