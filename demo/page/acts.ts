import { type ChatEmulator, ClientRefused, NotAcknowledged, type SeenField } from '../../emulators/chat.ts';
import { clearFault, setFault } from '../world/faults.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import type { Answer, Suggestion } from './protocol.ts';
import type { Act, Suggest } from './requests.ts';
import type { TimeKeeper } from './time-keeper.ts';

type InChat = Extract<Act, { chat: unknown }>;

/** What each platform's own client says where nobody acknowledged. */
const UNANSWERED = {
  slack: {
    command: '/pod failed because the app did not respond',
    press: 'Podwarden did not respond. Try again.',
    submit: 'We had some trouble connecting. Try again?',
  },
  discord: {
    command: 'The application did not respond',
    press: 'This interaction failed',
    submit: 'Something went wrong. Try again.',
  },
};

function unanswered({ chat, kind }: InChat): string {
  const words = UNANSWERED[chat];
  return kind === 'say' || kind === 'dismiss' ? words.press : words[kind];
}

/** Does what somebody did on the page. What the person's own client or the platform refuses is told in their words. */
export async function takeAct(act: Act, stage: Stage, time: TimeKeeper): Promise<Answer> {
  if (act.kind === 'start-over') {
    await time.still();
    await stage.startOver();
    return { ok: true, value: null };
  }
  const { world } = stage;
  if (!world) return { ok: false, problem: 'The demo is starting: a moment, please.' };
  try {
    if ('chat' in act) await inChat(act, world.chats[act.chat]);
    else await behindTheScenes(act, world, time);
    return { ok: true, value: null };
  } catch (error) {
    if (error instanceof NotAcknowledged && 'chat' in act) return { ok: false, problem: unanswered(act) };
    return { ok: false, problem: sentence((error as Error).message) };
  }
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

async function inChat(act: InChat, emulator: ChatEmulator): Promise<void> {
  const { person } = act;
  switch (act.kind) {
    case 'command':
      return emulator.command(person, act.channel, act.typed);
    case 'say':
      return emulator.say(person, act.channel, act.typed, act.under === null ? null : { id: act.under });
    case 'press':
      return emulator.press(person, { id: act.message }, { id: act.button, label: act.label });
    case 'dismiss':
      return emulator.dismiss(person, { id: act.form });
    case 'submit': {
      const form = emulator.form(person);
      if (form?.id !== act.form) throw new ClientRefused('that form is closed');
      const fields = form.fields.map((field) => filled(field, act.values[field.id]));
      return emulator.submit(person, { ...form, fields });
    }
  }
}

/** What the platforms' own clients let nobody send. @throws ClientRefused */
function filled(field: SeenField, value: string[] = []): SeenField {
  const given = value.filter((one) => one !== '');
  if (field.required && given.length === 0) throw new ClientRefused(`${field.label}: this is required`);
  const size = field.kind === 'text' ? (given[0]?.length ?? 0) : given.length;
  if (field.atMost !== null && size > field.atMost) throw new ClientRefused(`${field.label}: at most ${field.atMost}`);
  const unknown = field.kind !== 'text' && given.some((one) => !field.choices.some(({ value: v }) => v === one));
  if (unknown) throw new ClientRefused(`${field.label}: there is no such choice`);
  return { ...field, value: field.kind === 'text' ? [given[0] ?? ''] : given };
}

type Behind = Exclude<Act, InChat | { kind: 'start-over' }>;

async function behindTheScenes(act: Behind, world: World, time: TimeKeeper): Promise<void> {
  switch (act.kind) {
    case 'clock':
      return act.ms === null ? time.halt() : time.add(act.ms);
    case 'speed':
      return time.setSpeed(act.speed);
    case 'fault':
      return act.value === null ? clearFault(act.name, world) : setFault(act.name, act.value, world);
    case 'part':
      return act.up ? world.startPart(act.part) : world.kill(act.part);
    case 'restart-redis':
      return world.restartRedis();
  }
}

export async function suggestionsFor(asked: Suggest, stage: Stage): Promise<Answer<Suggestion[]>> {
  const { person, channel, subcommand, option, typed } = asked;
  try {
    const found = await stage.world?.discord.suggestions(person, channel, subcommand, option, typed);
    return { ok: true, value: found ?? [] };
  } catch (error) {
    return { ok: false, problem: sentence((error as Error).message) };
  }
}
