import { setTimeout as pause } from 'node:timers/promises';
import type { Policy } from '../config/settings.ts';
import { answer as answerLater } from '../jobs/names.ts';
import type { Right } from '../policy/access.ts';
import type { Place } from '../policy/identity.ts';
import { type Claims, UNACKNOWLEDGED_MS } from '../store/claims.ts';
import { type Action, CONFIRMED, parseToken } from './actions/declare.ts';
import { ACTIONS } from './actions/list.ts';
import type { Command, Suggestion } from './commands/declare.ts';
import { COMMANDS } from './commands/list.ts';
import { parseOptions, parseText, splitCommand, UsageError } from './commands/parse.ts';
import type { Front, Inbox, IncomingClick, IncomingCommand, IncomingSuggest } from './front.ts';
import { card, type Message, note, text } from './message/message.ts';
import { standingOf } from './people.ts';
import { maskSecrets } from './secrets.ts';
import type { Asker, Services } from './services.ts';

const RETRY_ANSWER_MS = 1000;
/** Of the three seconds that a platform gives. */
const CLAIM_PATIENCE_MS = 1000;

/** From an event to its answer. Everything acknowledged is answered: with the result, the reason, or an error's id. */
export class Dispatch implements Inbox {
  private readonly front: Front;
  private readonly services: Services;
  private readonly claims: Claims;

  constructor(front: Front, services: Services, claims: Claims) {
    this.front = front;
    this.services = services;
    this.claims = claims;
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
      const asker = await this.asker(incoming);
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
      if (!token || !action) return note('warn', 'That button belongs to no action that Podwarden knows.');
      const asker = await this.asker(incoming);
      const refusal = this.refuse(action.access, true, asker, action.name);
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
    const { snapshots, policy, clocks } = this.services;
    const { access } = await standingOf(account, this.front, snapshots, policy, clocks);
    if (command.access !== null && !access.may.has(command.access)) return [];
    if (!command.outsideRooms && roomAt(place, policy) === null) return [];
    return suggest(typed, this.services);
  }

  /** What a click asks first where the chat has no dialog: its first button repeats the label. */
  private async question(action: Action, { token }: IncomingClick): Promise<Message | null> {
    const target = parseToken(token)?.target;
    const confirm = target ? await action.confirm?.(target, this.services) : null;
    if (!confirm) return null;
    const label = action.name.charAt(0).toUpperCase() + action.name.slice(1);
    return card(
      confirm.title,
      'warn',
      [text(confirm.text)],
      [{ label, token: `${token}${CONFIRMED}`, style: 'danger' }],
    );
  }

  private async asker(incoming: IncomingCommand | IncomingClick): Promise<Asker> {
    const { account, name, place, reply, eventId } = incoming;
    const { snapshots, policy, clocks, replies, newId } = this.services;
    const standing = await standingOf(account, this.front, snapshots, policy, clocks);
    const declared = policy.people.find(({ key }) => key === standing.person);
    return {
      who: { account, person: standing.person, name: declared?.name ?? name },
      access: standing.access,
      membership: standing.membership,
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
  private async answer(incoming: IncomingCommand | IncomingClick, run: () => Promise<Message | null>): Promise<void> {
    const { log, newId } = this.services;
    let message: Message | null;
    try {
      message = await run();
    } catch (error) {
      if (error instanceof UsageError) message = note('warn', error.message);
      else {
        const id = newId();
        log.error({ id, error: (error as Error).message, stack: (error as Error).stack }, 'a command failed');
        message = note(
          'bad',
          `Something went wrong on our side, and nothing more was done. The id for the log is ${id}.`,
        );
      }
    }
    if (!message) return;
    await this.give(incoming, message);
  }

  /** An answer that the chat does not take now is kept, for as long as its address lives, and given later. */
  private async give({ reply, account }: IncomingCommand | IncomingClick, message: Message): Promise<void> {
    const { log, newId, replies, enqueue } = this.services;
    try {
      await this.front.reply(reply, message);
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

type Input = IncomingCommand['input'];

/** Before anything parses, logs or stores it. */
function masked(input: Input): { input: Input; secret: string | null } {
  if (input.kind === 'text') {
    const { text: clean, found } = maskSecrets(input.text);
    return { input: { kind: 'text', text: clean }, secret: found };
  }
  let secret: string | null = null;
  const values = Object.fromEntries(
    Object.entries(input.values).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value];
      const { text: clean, found } = maskSecrets(value);
      secret ??= found;
      return [name, clean];
    }),
  );
  return { input: { ...input, values }, secret };
}

function keyWarning(issuer: string): Message {
  return note(
    'bad',
    `That looked like ${keyName(issuer)}, so nothing was done and it was not stored. Others may have seen it, and the chat keeps it: rotate that key now.`,
  );
}

function keyName(issuer: string): string {
  if (issuer === 'unknown') return 'a key';
  if (issuer === 'password') return 'a password';
  return `${/^[aeion]/i.test(issuer) ? 'an' : 'a'} ${issuer} key`;
}

function parse(input: Input): { command: Command; args: Record<string, unknown> } {
  if (input.kind === 'text') {
    const { command, rest } = splitCommand(input.text, COMMANDS);
    return { command, args: parseText(command, rest) };
  }
  const { command } = splitCommand(input.command, COMMANDS);
  return { command, args: parseOptions(command, input.values) };
}
