import type { Right } from '../policy/access.ts';
import { actorOf, type Place } from '../policy/identity.ts';
import type { AuditEntry } from '../store/audit.ts';
import { storeIsAway } from '../store/connect.ts';
import { type Action, CONFIRMED, parseToken, type Target } from './actions/declare.ts';
import { ACTIONS } from './actions/list.ts';
import { Admission, overlong, type Refused } from './admission.ts';
import { clockRefusal } from './clock-refusal.ts';
import type { Command, Suggestion } from './commands/declare.ts';
import { COMMANDS } from './commands/list.ts';
import { UsageError } from './commands/parse.ts';
import type { Front, IncomingEvent, IncomingSubmit, IncomingSuggest, Opening, Problems, ReplyRef } from './front.ts';
import { commandOf, maskedAnswers } from './input.ts';
import { type Form, type FormProblem, isForm } from './message/form.ts';
import { card, type Message, note, orElse, text } from './message/message.ts';
import { oneLine } from './message/visible.ts';
import { isLiveFor, nameFor, type Reading, type Standings, saidAs } from './people.ts';
import { roomAt } from './rooms.ts';
import { type Asker, type Services, servicesWithin } from './services.ts';
import type { Work, WorkOf } from './work.ts';

const RESTARTED = 'Podwarden restarted while it opened your form. If you do not see it, open it again.';
/** What the first bot did is seen no more where things have changed since, so that nothing may be claimed. */
const UNCLEAR_TEXT =
  'Podwarden restarted while it carried this out, and cannot tell whether it was done. Look at the pod’s card or /pod list before you try again.';
const UNCLEAR = note('warn', UNCLEAR_TEXT);
const UNKNOWN_BUTTON = 'That button belongs to no action that Podwarden knows.';

/** One piece of work, where its answers go, and whether it was begun before. */
export interface Task {
  work: Work;
  reply: ReplyRef | null;
  again: boolean;
}

/** From what an event asks for to what is answered. Running it twice does it once: its writes are named by the event. */
export class Dispatch {
  private readonly front: Front;
  private readonly services: Services;
  private readonly standings: Standings;
  private readonly admission = new Admission();

  constructor(front: Front, services: Services, standings: Standings) {
    this.front = front;
    this.services = services;
    this.standings = standings;
  }

  /** Looked at before anything else is done with an event; null where it may go on. */
  turnedAway({ incoming }: IncomingEvent): Refused | null {
    return this.admission.refuse(incoming, this.services.clocks.realNow());
  }

  keeps(token: string): boolean {
    return actionOf(token).action?.keeps ?? false;
  }

  opensForm(event: IncomingEvent): boolean {
    if (event.kind === 'command') return commandOf(event.incoming.input)?.opens !== undefined;
    return event.kind === 'click' && actionOf(event.incoming.token).action?.form !== undefined;
  }

  /** Null where the answer may be written down; else what is written instead where the chat does not take it. */
  unwritten({ work }: Task): Message | null {
    if (work.kind !== 'command') return null;
    const command = COMMANDS.find(({ name }) => name === work.command);
    if (!command?.secretAnswer?.(work.args)) return null;
    return note(
      'warn',
      `Your answer could not be shown in time, and it is not stored. Run /pod ${work.command} again.`,
    );
  }

  /** Null where nothing is to be said. @throws where the store is away: the same is worth trying again. */
  run(task: Task): Promise<Message | null> {
    const { work } = task;
    return this.guarded(async () => {
      switch (work.kind) {
        case 'command':
          return this.command(work, task);
        case 'click':
          return this.click(work, task);
        case 'submit':
          return this.submit(work, task);
        case 'answer':
          return work.message;
      }
    });
  }

  private async command(work: WorkOf<'command'>, task: Task): Promise<Message> {
    const command = commandNamed(work.command);
    const services = this.scoped(task);
    const asker = await this.asker(task, services, 'fresh');
    const refusal = this.refuse(command.access, command.outsideRooms, asker, `/pod ${command.name}`);
    await this.logCommand(command, work.args, asker, services, refusal === null);
    return (
      (refusal && task.again ? UNCLEAR : refusal) ??
      (command.posts ? await this.blocked(asker.place, task.again) : null) ??
      (await command.run(work.args, asker, services))
    );
  }

  private async click(work: WorkOf<'click'>, task: Task): Promise<Message | null> {
    const token = parseToken(work.token);
    const { action } = actionOf(work.token);
    if (!token || !action) return note('warn', UNKNOWN_BUTTON);
    const services = this.scoped(task);
    const asker = await this.asker(task, services, 'fresh');
    const refusal = this.refuse(action.access, true, asker, action.name);
    await this.logClick(action, token.target, asker, services, refusal === null);
    if (refusal) return task.again ? UNCLEAR : refusal;
    // Its bot died while it opened the form, and nobody else can: that takes a press.
    if (action.form && task.again) return openAgain('Did the form open?', [RESTARTED], work.token);
    const question = token.confirmed ? null : await this.question(action, work, asker);
    return question ?? (await action.run(token.target, asker, services));
  }

  private async submit(work: WorkOf<'submit'>, task: Task): Promise<Message> {
    const { action, target } = actionOf(work.token);
    const submit = action?.form?.answers?.submit;
    if (!action || !submit) return note('warn', UNKNOWN_BUTTON);
    // What was judged before the acknowledgement may have changed since, or could not be judged then.
    const found = await this.problemsIn(work);
    if (found) return task.again ? UNCLEAR : found.message;
    const services = this.scoped(task);
    const asker = await this.asker(task, services, { live: ['approve', ...(action.access ? [action.access] : [])] });
    const refusal = this.refuse(action.access, true, asker, action.name);
    await this.logClick(action, target, asker, services, refusal === null);
    return (
      (refusal && task.again ? UNCLEAR : refusal) ??
      (action.form?.posts ? await this.blocked(asker.place, task.again) : null) ??
      (await submit(target, work.answers, asker, services))
    );
  }

  /** Names of pods are for those who may see them, where they may. */
  async suggest(incoming: IncomingSuggest): Promise<Suggestion[]> {
    if (!this.admission.suggests(incoming, this.services.clocks.realNow())) return [];
    const { account, place, command: name, option, text: typed } = incoming;
    const command = COMMANDS.find((c) => c.name === name);
    const suggest = command?.suggest?.[option];
    if (!command || !suggest) return [];
    const { policy } = this.services;
    const { access } = await this.standings.of(account, 'kept');
    if (command.access !== null && !access.may.has(command.access)) return [];
    if (!command.outsideRooms && roomAt(place, policy) === null) return [];
    const found = await suggest(typed, this.services);
    return found.map((one) => ({ ...one, name: oneLine(one.name) }));
  }

  /** What a click asks first where the chat has no dialog: its first button repeats the label. */
  private async question(action: Action, { token, label: pressed }: WorkOf<'click'>, asker: Asker) {
    const target = parseToken(token)?.target;
    const confirm = target ? await action.confirm?.(target, this.services, asker) : null;
    if (!confirm) return null;
    const label = pressed ?? action.name;
    return card(
      confirm.title,
      'warn',
      [text(confirm.text)],
      [{ label, token: `${token}${CONFIRMED}`, style: 'danger' }],
    );
  }

  private scoped({ work, again }: Task): Services {
    return servicesWithin(this.services, `${this.front.chat} ${work.eventId}`, again);
  }

  private async asker({ work, reply, again }: Task, services: Services, reading: Reading): Promise<Asker> {
    const { account, name, place, eventId } = work;
    const { policy, replies, newId } = services;
    const unclear = again ? UNCLEAR_TEXT : null;
    const standingBy = async (how: Reading) => saidAs(unclear, await this.standings.of(account, how));
    const standing = await standingBy(reading);
    return {
      who: { account, person: standing.person, name: nameFor(standing.person, name, policy) },
      access: standing.access,
      membership: standing.membership,
      accounts: standing.accounts,
      unread: standing.unread,
      live: async (...rights) => (isLiveFor(rights, reading) ? standing : standingBy({ live: rights })),
      place,
      room: roomAt(place, policy),
      eventId: `${this.front.chat} ${eventId}`,
      again,
      keepReply: async () => {
        const id = newId();
        await replies.keep(id, { chat: this.front.chat, account, ref: reply });
        return id;
      },
    };
  }

  /** A form, or what is said instead. From what is kept alone: there are three seconds. */
  async open(task: Task): Promise<Opening> {
    let opening: Opening | null = null;
    const message = await this.guarded(async () => {
      const services = this.scoped(task);
      const asker = await this.asker(task, services, 'kept');
      const found = await this.found(task.work, asker, services);
      if (!isForm(found)) return found;
      opening = { form: found, kept: await asker.keepReply() };
      return null;
    });
    return opening ?? { message: message ?? note('warn', UNKNOWN_BUTTON) };
  }

  private async found(work: Work, asker: Asker, services: Services): Promise<Form | Message> {
    if (work.kind === 'answer') return work.message;
    if (work.kind === 'command') {
      const command = commandNamed(work.command);
      const refusal = this.refuse(command.access, command.outsideRooms, asker, `/pod ${command.name}`);
      await this.logCommand(command, work.args, asker, services, refusal === null);
      return refusal ?? (await (command.opens ?? command.run)(work.args, asker, services));
    }
    const { action, target } = actionOf(work.token);
    if (!action?.form) return note('warn', UNKNOWN_BUTTON);
    const refusal = this.refuse(action.access, true, asker, action.name);
    await this.logClick(action, target, asker, services, refusal === null);
    return refusal ?? (await action.form.open(target, asker, services));
  }

  /** Null where the answers can be taken, and where the store does not say: they are judged again when they are carried out. */
  async problems({ token, answers }: IncomingSubmit): Promise<Problems | null> {
    try {
      return await this.problemsIn({ token, answers });
    } catch (error) {
      if (storeIsAway(error)) return null;
      throw error;
    }
  }

  private async problemsIn({ token, answers }: Pick<IncomingSubmit, 'token' | 'answers'>): Promise<Problems | null> {
    const { action, target } = actionOf(token);
    const form = action?.form?.answers;
    if (!form) return { problems: [], message: note('warn', UNKNOWN_BUTTON) };
    const long = overlong(answers);
    if (long.length > 0) return { problems: long, message: note('warn', ...orElse(texts(long), UNKNOWN_BUTTON)) };
    const masked = maskedAnswers(answers);
    const problems = await form.check(target, masked, this.services);
    if (problems.length === 0) return null;
    await this.services.drafts.put(`answers-${target.id}`, masked);
    return { problems, message: openAgain('That form is not complete', texts(problems), token) };
  }

  private async logCommand(
    command: Command,
    args: Record<string, unknown>,
    asker: Asker,
    services: Services,
    allowed: boolean,
  ): Promise<void> {
    const given = Object.entries(args).filter(([, value]) => value !== undefined);
    const said = (name: string, value: unknown) =>
      command.secret?.includes(name) ? 'given' : String(value).slice(0, 200);
    const facts = Object.fromEntries(given.map(([name, value]) => [name, said(name, value)]));
    await this.log('command', asker, `/pod ${command.name}`, { ...facts, allowed }, services);
  }

  private logClick(
    action: Action,
    { id, choice }: Target,
    asker: Asker,
    services: Services,
    allowed: boolean,
  ): Promise<void> {
    return this.log('click', asker, id, { action: action.name, choice, allowed }, services);
  }

  /** The log is kept for good: what people without rights type or press, and what is refused, leaves an entry an hour. */
  private async log(
    kind: string,
    asker: Asker,
    subject: string,
    facts: AuditEntry['facts'],
    { audit, clocks, log }: Services,
  ): Promise<void> {
    const idle = facts.allowed !== true || asker.access.may.size === 0;
    if (idle && !this.admission.logsRefusal(asker.who.account, clocks.realNow())) {
      log.info({ kind, account: asker.who.account, what: facts.action ?? subject }, 'refused, or without rights');
      return;
    }
    await audit.append({ at: clocks.now(), kind, actor: actorOf(asker.who), subject, facts });
  }

  /** A card that could not be posted is found out before anything is done. */
  private async blocked(place: Place, again: boolean): Promise<Message | null> {
    const closed = (await this.front.rights(place))?.closed;
    if (!closed) return null;
    return again ? UNCLEAR : note('warn', `I could not post here: ${closed.why}. ${closed.wayOut}`);
  }

  private refuse(access: Right | null, outsideRooms: boolean, asker: Asker, what: string): Message | null {
    if (access !== null && !asker.access.may.has(access)) {
      if (asker.unread !== null) return note('warn', asker.unread);
      const why = asker.access.why.get(access) ?? 'no rule grants it';
      return note(
        'bad',
        `You are not allowed to use ${what} here: it needs the right "${access}" (${why}). /pod whoami shows what you are.`,
      );
    }
    const wrongClock = clockRefusal(what, this.services.clocks);
    if (wrongClock || asker.room !== null || outsideRooms) return wrongClock;
    const rooms = this.services.policy.rooms.filter((room) => room.channels.some((c) => c.chat === this.front.chat));
    const names = rooms.map((room) => room.name).join(', ');
    return note(
      'warn',
      `This channel is not one of Podwarden’s rooms. ${what} works in: ${names || 'no channel of this chat yet'}.`,
    );
  }

  /** Turns mistakes into help, and anything unexpected into an id that is also in the log. */
  private async guarded(run: () => Promise<Message | null>): Promise<Message | null> {
    const { log, newId } = this.services;
    try {
      return await run();
    } catch (error) {
      if (storeIsAway(error)) throw error;
      if (error instanceof UsageError) return note('warn', error.message);
      const id = newId();
      log.error({ id, error: (error as Error).message, stack: (error as Error).stack }, 'a command failed');
      return note(
        'bad',
        `Something went wrong on our side, and I cannot tell whether it was carried out. Look at the pod’s card or /pod list before you try again. The id for the log is ${id}.`,
      );
    }
  }
}

function openAgain(title: string, lines: string[], token: string): Message {
  const buttons = [{ label: 'Open the form again', token, style: 'primary' as const }];
  const paragraphs = lines.map((line) => text(line));
  return card(title, 'warn', paragraphs, buttons);
}

const texts = (problems: readonly FormProblem[]) => problems.map(({ problem }) => problem);

function commandNamed(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw new UsageError(`/pod ${name} is no command any more. /pod help shows what there is.`);
  return command;
}

function actionOf(token: string): { action: Action | null; target: Target } {
  const parsed = parseToken(token);
  const action = ACTIONS.find(({ name }) => name === parsed?.name) ?? null;
  return { action, target: parsed?.target ?? { id: '', choice: null } };
}
