import { setTimeout as pause } from 'node:timers/promises';
import type { Policy } from '../config/settings.ts';
import { answer as answerLater } from '../jobs/names.ts';
import type { Right } from '../policy/access.ts';
import { actorOf, type Place } from '../policy/identity.ts';
import type { AuditEntry } from '../store/audit.ts';
import { type Claims, UNACKNOWLEDGED_MS } from '../store/claims.ts';
import { type Action, CONFIRMED, type FormAction, parseToken, type Target } from './actions/declare.ts';
import { ACTIONS } from './actions/list.ts';
import type { Command, Suggestion } from './commands/declare.ts';
import { COMMANDS } from './commands/list.ts';
import { UsageError } from './commands/parse.ts';
import type {
  Front,
  Inbox,
  IncomingClick,
  IncomingCommand,
  IncomingSubmit,
  IncomingSuggest,
  Judged,
  Opening,
} from './front.ts';
import { commandOf, keyWarning, masked, parse } from './input.ts';
import { type Answers, type Form, isForm } from './message/form.ts';
import { card, type Message, note, text } from './message/message.ts';
import { type Reading, Standings } from './people.ts';
import { maskSecrets } from './secrets.ts';
import type { Asker, Services } from './services.ts';

const UNKNOWN_BUTTON = 'That button belongs to no action that Podwarden knows.';
const RETRY_ANSWER_MS = 1000;
/** Of the three seconds that a platform gives. */
const CLAIM_PATIENCE_MS = 1000;

/** From an event to its answer. Everything acknowledged is answered: with the result, the reason, or an error's id. */
export class Dispatch implements Inbox {
  private readonly front: Front;
  private readonly services: Services;
  private readonly claims: Claims;
  private readonly standings: Standings;

  constructor(front: Front, services: Services, claims: Claims) {
    this.front = front;
    this.services = services;
    this.claims = claims;
    this.standings = new Standings(front, services);
  }

  /**
   * A store that is away or hangs must not cost the three seconds: the event is then acknowledged, and its handler meets
   * the same store and says so. A claim that its bot never made good is free again, so it is looked at once more.
   */
  async claim(eventId: string): Promise<boolean> {
    const id = `${this.front.chat}-${eventId}`;
    const take = () => Promise.race([this.claims.claim(id), pause(CLAIM_PATIENCE_MS).then(() => true)]);
    try {
      if (await take()) return true;
      await pause(UNACKNOWLEDGED_MS + 50);
      return await take();
    } catch (error) {
      this.services.log.error({ error: (error as Error).message }, 'store unreachable');
      return true;
    }
  }

  keeps(token: string): boolean {
    const name = parseToken(token)?.name;
    return ACTIONS.find((action) => action.name === name)?.keeps ?? false;
  }

  async acknowledged(eventId: string): Promise<void> {
    await this.claims.acknowledged(`${this.front.chat}-${eventId}`).catch(() => {});
  }

  async command(incoming: IncomingCommand): Promise<void> {
    await this.answer(incoming, async () => {
      const { input, secret } = masked(incoming.input);
      if (secret) return keyWarning(secret);
      const { command, args } = parse(input);
      const asker = await this.asker(incoming, 'fresh');
      await this.logCommand(command, args, asker);
      return (
        this.refuse(command.access, command.outsideRooms, asker, `/pod ${command.name}`) ??
        (command.outsideRooms ? null : await this.blocked(asker.place)) ??
        (await command.run(args, asker, this.services))
      );
    });
  }

  async click(incoming: IncomingClick): Promise<void> {
    await this.answer(incoming, async () => {
      const token = parseToken(incoming.token);
      const action = ACTIONS.find(({ name }) => name === token?.name);
      if (!token || !action) return note('warn', UNKNOWN_BUTTON);
      const asker = await this.asker(incoming, 'fresh');
      const refusal = this.refuse(action.access, true, asker, action.name);
      await this.logClick(action, token.target, asker, refusal === null);
      if (refusal) return refusal;
      const question = token.confirmed ? null : await this.question(action, incoming);
      return question ?? (await action.run(token.target, asker, this.services));
    });
  }

  /** Names of pods are for those who may see them, where they may. */
  async suggest({ account, place, command: name, option, text: typed }: IncomingSuggest): Promise<Suggestion[]> {
    const command = COMMANDS.find((c) => c.name === name);
    const suggest = command?.suggest?.[option];
    if (!command || !suggest) return [];
    const { policy } = this.services;
    const { access } = await this.standings.of(account, 'kept');
    if (command.access !== null && !access.may.has(command.access)) return [];
    if (!command.outsideRooms && roomAt(place, policy) === null) return [];
    return suggest(typed, this.services);
  }

  /** What a click asks first where the chat has no dialog: its first button repeats the label. */
  private async question(action: Action, { token, label: pressed }: IncomingClick): Promise<Message | null> {
    const target = parseToken(token)?.target;
    const confirm = target ? await action.confirm?.(target, this.services) : null;
    if (!confirm) return null;
    const label = pressed ?? action.name;
    return card(
      confirm.title,
      'warn',
      [text(confirm.text)],
      [{ label, token: `${token}${CONFIRMED}`, style: 'danger' }],
    );
  }

  private async asker(incoming: IncomingCommand | IncomingClick | IncomingSubmit, reading: Reading): Promise<Asker> {
    const { account, name, place, reply, eventId } = incoming;
    const { policy, replies, newId } = this.services;
    const standing = await this.standings.of(account, reading);
    const declared = policy.people.find(({ key }) => key === standing.person);
    return {
      who: { account, person: standing.person, name: declared?.name ?? name },
      access: standing.access,
      membership: standing.membership,
      accounts: standing.accounts,
      live: () => this.standings.of(account, 'live'),
      place,
      room: roomAt(place, policy),
      eventId: `${this.front.chat} ${eventId}`,
      keepReply: async () => {
        const id = newId();
        await replies.keep(id, { chat: this.front.chat, account, ref: reply });
        return id;
      },
    };
  }

  opensForm(event: { token: string } | { input: IncomingCommand['input'] }): boolean {
    if ('input' in event) return commandOf(event.input)?.opens !== undefined;
    const token = parseToken(event.token);
    return ACTIONS.find(({ name }) => name === token?.name)?.form !== undefined;
  }

  /** A form, or what is said instead. From what is kept alone: there are three seconds. */
  async open(incoming: IncomingCommand | IncomingClick): Promise<Opening> {
    let opening: Opening | null = null;
    const message = await this.guarded(async () => {
      const asker = await this.asker(incoming, 'kept');
      const found =
        'input' in incoming ? await this.openCommand(incoming, asker) : await this.openAction(incoming, asker);
      if (!isForm(found)) return found;
      opening = { form: found, kept: await asker.keepReply() };
      return null;
    });
    return opening ?? { message: message ?? note('warn', UNKNOWN_BUTTON) };
  }

  private async openCommand(incoming: IncomingCommand, asker: Asker): Promise<Form | Message> {
    const { input, secret } = masked(incoming.input);
    if (secret) return keyWarning(secret);
    const { command, args } = parse(input);
    await this.logCommand(command, args, asker);
    const refusal = this.refuse(command.access, command.outsideRooms, asker, `/pod ${command.name}`);
    return refusal ?? (await (command.opens ?? command.run)(args, asker, this.services));
  }

  private async openAction(incoming: IncomingClick, asker: Asker): Promise<Form | Message> {
    const { action, target } = actionOf(incoming.token);
    if (!action?.form) return note('warn', UNKNOWN_BUTTON);
    const refusal = this.refuse(action.access, true, asker, action.name);
    await this.logClick(action, target, asker, refusal === null);
    return refusal ?? (await action.form.open(target, asker, this.services));
  }

  async judge(incoming: IncomingSubmit): Promise<Judged> {
    const { action, target } = actionOf(incoming.token);
    const form = action?.form?.answers;
    const answers = maskedAnswers(incoming.answers);
    if (!action || !form) return { problems: [], message: note('warn', UNKNOWN_BUTTON) };
    const problems = await form.check(target, answers, this.services);
    if (problems.length > 0) {
      const said = problems.map(({ problem }) => problem);
      const again = [{ label: 'Open the form again', token: incoming.token, style: 'primary' as const }];
      await this.services.drafts.put(`answers-${target.id}`, answers);
      return {
        problems,
        message: card(
          'That form is not complete',
          'warn',
          said.map((problem) => text(problem)),
          again,
        ),
      };
    }
    return { accept: () => this.accept(incoming, action, form.submit, target, answers) };
  }

  private async accept(
    incoming: IncomingSubmit,
    action: Action,
    submit: Submit,
    target: Target,
    answers: Answers,
  ): Promise<void> {
    const kept = incoming.kept === null ? null : await this.services.replies.get(incoming.kept);
    const reply = incoming.reply ?? kept?.ref ?? null;
    await this.answer({ ...incoming, reply }, async () => {
      const asker = await this.asker({ ...incoming, reply }, 'live');
      const refusal = this.refuse(action.access, true, asker, action.name);
      await this.logClick(action, target, asker, refusal === null);
      const blocked = action.form?.posts ? await this.blocked(asker.place) : null;
      return refusal ?? blocked ?? (await submit(target, answers, asker, this.services));
    });
  }

  private async logCommand(command: Command, args: Record<string, unknown>, asker: Asker): Promise<void> {
    const allowed = command.access === null || asker.access.may.has(command.access);
    const given = Object.entries(args).filter(([, value]) => value !== undefined);
    const said = (name: string, value: unknown) =>
      command.secret?.includes(name) ? 'given' : String(value).slice(0, 200);
    const facts = Object.fromEntries(given.map(([name, value]) => [name, said(name, value)]));
    await this.log('command', asker, `/pod ${command.name}`, { ...facts, allowed });
  }

  private logClick(action: Action, { id, choice }: Target, asker: Asker, allowed: boolean): Promise<void> {
    return this.log('click', asker, id, { action: action.name, choice, allowed });
  }

  private async log(kind: string, asker: Asker, subject: string, facts: AuditEntry['facts']): Promise<void> {
    const { audit, clocks } = this.services;
    await audit.append({ at: clocks.now(), kind, actor: actorOf(asker.who), subject, facts });
  }

  /** A card that could not be posted is found out before anything is done. */
  private async blocked(place: Place): Promise<Message | null> {
    const problem = await this.front.blocked(place);
    return problem === null ? null : note('warn', problem);
  }

  private refuse(access: Right | null, outsideRooms: boolean, asker: Asker, what: string): Message | null {
    if (access !== null && !asker.access.may.has(access)) {
      const why = asker.access.why.get(access) ?? 'no rule grants it';
      return note(
        'bad',
        `You are not allowed to use ${what} here: it needs the right "${access}" (${why}). /pod whoami shows what you are.`,
      );
    }
    if (asker.room !== null || outsideRooms) return null;
    const rooms = this.services.policy.rooms.filter((room) => room.channels.some((c) => c.chat === this.front.chat));
    const names = rooms.map((room) => room.name).join(', ');
    return note(
      'warn',
      `This channel is not one of Podwarden’s rooms. ${what} works in: ${names || 'no channel of this chat yet'}.`,
    );
  }

  /** Runs, answers, and turns mistakes into help and anything unexpected into an id that is also in the log. */
  private async answer(incoming: Answerable, run: () => Promise<Message | null>): Promise<void> {
    const message = await this.guarded(run);
    if (message) await this.give(incoming, message);
  }

  private async guarded(run: () => Promise<Message | null>): Promise<Message | null> {
    const { log, newId } = this.services;
    try {
      return await run();
    } catch (error) {
      if (error instanceof UsageError) return note('warn', error.message);
      const id = newId();
      log.error({ id, error: (error as Error).message, stack: (error as Error).stack }, 'a command failed');
      return note('bad', `Something went wrong on our side, and nothing more was done. The id for the log is ${id}.`);
    }
  }

  /** An answer that the chat does not take now is kept, for as long as its address lives, and given later. */
  private async give({ reply, account }: Answerable, message: Message): Promise<void> {
    const { log, newId, replies, enqueue } = this.services;
    try {
      if (reply === null) await this.front.direct(account, message);
      else await this.front.reply(reply, message);
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'an answer could not be given yet');
      const id = newId();
      try {
        await replies.keep(id, { chat: this.front.chat, account, ref: reply }, { view: 'message', message });
        await enqueue(answerLater, { reply: id }, { delayMs: RETRY_ANSWER_MS });
      } catch (failure) {
        log.error({ error: (failure as Error).message }, 'an answer was lost');
      }
    }
  }
}

export function roomAt(place: Place, policy: Policy): string | null {
  const here = policy.rooms.find((room) =>
    room.channels.some((c) => c.chat === place.chat && c.channel === place.channel),
  );
  return here?.name ?? null;
}

type Submit = NonNullable<FormAction['answers']>['submit'];
type Answerable = Pick<IncomingClick, 'account' | 'reply'>;

function actionOf(token: string): { action: Action | null; target: Target } {
  const parsed = parseToken(token);
  const action = ACTIONS.find(({ name }) => name === parsed?.name) ?? null;
  return { action, target: parsed?.target ?? { id: '', choice: null } };
}

/** Keys are pasted into forms too. */
function maskedAnswers(answers: Answers): Answers {
  return Object.fromEntries(
    Object.entries(answers).map(([name, values]) => [name, values.map((value) => maskSecrets(value).text)]),
  );
}
