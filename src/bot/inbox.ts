import { setTimeout as pause } from 'node:timers/promises';
import { answer as answerLater } from '../jobs/names.ts';
import { isOutOfMemory, storeIsAway } from '../store/connect.ts';
import { type Events, type Left, UNACKNOWLEDGED_MS } from '../store/events.ts';
import type { Dispatch } from './dispatch.ts';
import type {
  Front,
  Inbox,
  IncomingEvent,
  IncomingSubmit,
  IncomingSuggest,
  Opening,
  ReplyRef,
  Taken,
} from './front.ts';
import type { Held } from './inbox-held.ts';
import { GIVEN_UP, NO_FORM, STORE_AWAY, TOO_OLD } from './inbox-words.ts';
import { type Message, note } from './message/message.ts';
import type { OutOfMemory } from './out-of-memory.ts';
import type { Services } from './services.ts';
import { patiently } from './within-ack.ts';
import { type ReadEvent, readEvent, workOf } from './work.ts';

const RETRY_ANSWER_MS = 1000;
/** A form, or what is said instead of it, must be the first answer, also while the store hangs. */
const OPEN_PATIENCE_MS = 1200;
/** How often a bot looks for what others left, and says that it holds what it has. */
const WATCH_MS = 1000;
/** What the store, or a fault of ours, held up is begun again after this, and after twice as long each time. */
const RETRY_MS = 2000;
const MAX_DOUBLINGS = 5;
/** A front that did not come back with what it took after this has lost it, ms. */
const FRONT_MS = 10_000;
/** Nobody gets a pod hours later: what is older than this is not carried out, ms. */
const MAX_AGE_MS = 10 * 60_000;

/** `silent`: its person was told to slow down already. */
type TakenAs = Pick<Taken, 'ours' | 'opensForm'> & { silent: boolean };

/**
 * Between a front and its work: what is acknowledged is written first, and is carried out and answered whoever dies in
 * between. One for each chat of a bot.
 */
export class DurableInbox implements Inbox {
  private readonly front: Front;
  private readonly dispatch: Dispatch;
  private readonly events: Events;
  private readonly services: Services;
  private readonly held = new Map<string, Held>();
  private readonly running = new Set<Promise<void>>();
  /** Events whose people were told that the store is away. */
  private readonly waiting = new Set<string>();
  private watching: NodeJS.Timeout | undefined;
  private looking = false;
  private closed = false;
  private readonly frontMs: number;
  private readonly full: OutOfMemory | null;

  constructor(
    front: Front,
    dispatch: Dispatch,
    events: Events,
    services: Services,
    frontMs = FRONT_MS,
    full: OutOfMemory | null = null,
  ) {
    this.front = front;
    this.dispatch = dispatch;
    this.events = events;
    this.services = services;
    this.frontMs = frontMs;
    this.full = full;
  }

  keeps(token: string): boolean {
    return this.dispatch.keeps(token);
  }

  problems(incoming: IncomingSubmit) {
    return this.dispatch.problems(incoming);
  }

  suggest(incoming: IncomingSuggest) {
    return this.dispatch.suggest(incoming);
  }

  /**
   * A store that is away or hangs must not cost the three seconds: the event is then acknowledged and written afterwards.
   * One that its bot never acknowledged is looked at once more.
   */
  async take(event: IncomingEvent): Promise<Taken> {
    const away = this.dispatch.turnedAway(event);
    const { eventId, reply } = event.incoming;
    const seen = away ? { kind: 'hint' as const, incoming: event.incoming, message: away.message } : event;
    const read = readEvent(seen, this.services.clocks.realNow());
    const held: Held = {
      id: `${this.front.chat}-${eventId}`,
      owner: this.services.newId(),
      work: read.now,
      reply: reply ?? null,
      again: false,
      runs: 0,
      takenAt: performance.now(),
    };
    let claim = this.claim(held, read);
    let ours = await patiently(claim);
    if (ours === false && !this.closed) {
      await pause(UNACKNOWLEDGED_MS + 50);
      claim = this.claim(held, read);
      ours = await patiently(claim);
    }
    if (ours !== false) this.held.set(held.id, held);
    return this.taken(held, ours === null ? () => this.claimedLate(held, read, claim) : null, {
      ours: ours !== false,
      opensForm: away === null && this.dispatch.opensForm(event),
      silent: away?.dropped === true && !this.front.showsWaiting,
    });
  }

  private claim({ id, owner, reply }: Held, { written }: ReadEvent): Promise<boolean> {
    const claim = this.events.take(id, owner, written, reply);
    // Nobody may be waiting for it any more when it fails.
    claim.catch(() => {});
    return claim;
  }

  private taken(held: Held, late: (() => Promise<boolean>) | null, is: TakenAs): Taken {
    const mine = async () => late === null || (await late());
    const then = (work: () => Promise<void>) =>
      this.track(held, async () => {
        if (await mine()) await work();
      });
    return {
      ours: is.ours,
      opensForm: is.opensForm,
      acknowledged: async () => {
        const still = late !== null || (await this.events.acknowledged(held.id, held.owner).catch(() => true));
        if (!still) this.held.delete(held.id);
        return still;
      },
      open: () => this.open(held),
      run: () => then(() => (is.silent ? this.answer(held, null) : this.carryOut(held))),
      say: (message) => {
        held.instead = message;
        return then(() => this.answer(held, this.waiting.has(held.id) ? null : message));
      },
      done: () => then(() => this.answer(held, null)),
    };
  }

  /** The store did not say in time whether it has the event: it is asked until it does. */
  private async claimedLate(held: Held, read: ReadEvent, first: Promise<boolean>): Promise<boolean> {
    const until = performance.now() + MAX_AGE_MS;
    held.unwritten = true;
    for (let claim = first; ; claim = this.claim(held, read)) {
      try {
        const ours = await claim;
        held.unwritten = false;
        return ours;
      } catch (error) {
        if (!storeIsAway(error) || this.closed || performance.now() > until) {
          this.services.log.error({ event: held.id, error: (error as Error).message }, 'the store took no event');
          await this.giveUp(held);
          return false;
        }
        if (await this.saidFull(held, error)) return false;
        await this.sayThatItWaits(held);
        await pause(RETRY_MS);
      }
    }
  }

  /** Once. True where that is all that is to be done with it. */
  private async saidFull(held: Held, error: unknown): Promise<boolean> {
    if (!this.full || held.instead || !isOutOfMemory(error) || this.waiting.has(held.id)) return false;
    this.waiting.add(held.id);
    const { message, isDone } = await this.full.answer(held.work);
    await this.sayOnce(held, message);
    return isDone;
  }

  /** Nobody else may know of it: whoever was promised an answer hears that none comes. */
  private async giveUp(held: Held): Promise<void> {
    if (!held.unwritten) return;
    held.unwritten = false;
    if (!held.instead) await this.sayOnce(held, note('warn', GIVEN_UP));
    else await this.sayThatItWaits(held);
  }

  private async open(held: Held): Promise<Opening> {
    const instead: Opening = { message: note('warn', NO_FORM) };
    const opening = this.dispatch.open(held).catch((error: Error) => {
      if (!storeIsAway(error)) throw error;
      return instead;
    });
    return Promise.race([opening, pause(OPEN_PATIENCE_MS, instead, { ref: false })]);
  }

  private async carryOut(held: Held): Promise<void> {
    const reply = await this.addressOf(held);
    held.reply = reply;
    await this.answer(held, await this.dispatch.run(held));
  }

  /** A form's answers come without an address on one chat: it was kept when the form opened. */
  private async addressOf({ reply, work }: Held): Promise<ReplyRef | null> {
    if (reply !== null || work.kind !== 'submit' || work.kept === null) return reply;
    return (await this.services.replies.get(work.kept))?.ref ?? null;
  }

  /** What is to be said is written before it is said, so that it is said also where this process dies now. */
  private async answer(held: Held, message: Message | null): Promise<void> {
    const { id, owner } = held;
    if (message) {
      const unwritten = this.dispatch.unwritten(held);
      // Whoever goes on with an event whose answer is not written finds it out anew.
      if (!(await this.events.answering(id, owner, unwritten ? null : message))) return;
      held.answering = true;
      await this.give({ ...held, reply: await this.addressOf(held) }, message, unwritten ?? message);
      held.answered = true;
    }
    await this.end(held);
  }

  /** What was answered is answered once: it stays with this bot until the store has its end. */
  private async end(held: Held): Promise<void> {
    await this.events.end(held.id, held.owner).catch(async (error: Error) => {
      if (!held.answered || this.closed) throw error;
      await pause(RETRY_MS);
      await this.end(held);
    });
  }

  /** Where the chat does not take an answer now, `later` is kept, for as long as its address lives, and given then. */
  private async give({ id, work, reply }: Held, message: Message, later: Message): Promise<void> {
    const { log, replies, enqueue } = this.services;
    try {
      if (reply === null) await this.front.direct(work.account, message);
      else await this.front.reply(reply, message);
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'an answer could not be given yet');
      const kept = `answer-${id}`;
      const owed = { chat: this.front.chat, account: work.account, ref: reply };
      await replies.keep(kept, owed, { view: 'message', message: later });
      await enqueue(answerLater, { reply: kept }, { delayMs: RETRY_ANSWER_MS });
    }
  }

  /** Runs what holds an event. What the store or a fault held up stays written, and is taken up again. */
  private async track(held: Held, work: () => Promise<void>): Promise<void> {
    const { log, newId } = this.services;
    held.begun = true;
    const guarded = work()
      .then(() => {
        this.waiting.delete(held.id);
      })
      .catch(async (error: Error) => {
        log.error({ id: newId(), error: error.message, stack: error.stack }, 'an event is taken up again');
        if (storeIsAway(error) && !held.answered) await this.sayThatItWaits(held);
        const afterMs = RETRY_MS * 2 ** Math.min(held.runs, MAX_DOUBLINGS);
        await this.events.leave(held.id, held.owner, afterMs).catch(() => {});
      })
      .finally(() => {
        if (this.held.get(held.id) === held) this.held.delete(held.id);
        this.running.delete(guarded);
      });
    this.running.add(guarded);
    await guarded;
  }

  private async sayThatItWaits(held: Held): Promise<void> {
    if (this.waiting.has(held.id)) return;
    this.waiting.add(held.id);
    await this.sayOnce(held, held.instead ?? note('warn', STORE_AWAY));
  }

  /** Where nothing can be kept to be said later. */
  private async sayOnce({ work, reply }: Held, message: Message): Promise<void> {
    const given = reply === null ? this.front.direct(work.account, message) : this.front.reply(reply, message);
    await given.catch((error: Error) => this.services.log.warn({ error: error.message }, 'an answer was not given'));
  }

  /** From now on what others leave is taken over. For a front that has started. */
  watch(): void {
    this.watching = setInterval(() => {
      this.look().catch((error: Error) =>
        this.services.log.warn({ error: error.message }, 'events were not looked at'),
      );
    }, WATCH_MS);
  }

  /** Says that this bot holds what it has, and takes over what nobody holds. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const lost = performance.now() - this.frontMs;
      const kept = [...this.held.values()].filter(({ begun, takenAt }) => begun || takenAt > lost);
      await Promise.all(kept.map(({ id, owner }) => this.events.renew(id, owner)));
      if (this.closed) return;
      for (const id of await this.events.lapsed()) {
        if (!this.held.get(id)?.begun) await this.takeOver(id);
      }
    } finally {
      this.looking = false;
    }
  }

  private async takeOver(id: string): Promise<void> {
    const owner = this.services.newId();
    const left = await this.events.takeOver(id, owner);
    if (!left) return;
    const { runs, address: reply } = left;
    const work = workOf(left, this.services.clocks.realNow());
    const held: Held = { id, owner, runs, work, reply, again: true, takenAt: performance.now() };
    this.held.set(id, held);
    this.services.log.info({ event: id, runs }, 'took over an event that its bot left');
    void this.track(held, () => this.resume(held, left));
  }

  private async resume(held: Held, left: Left): Promise<void> {
    if (left.answer !== null) return this.answer(held, left.answer as Message);
    // By its own signed stamp too: somebody with Redis alone could put back what was carried out long ago.
    const ageMs = Math.max(left.ageMs, Math.abs(this.services.clocks.realNow() - held.work.at));
    if (ageMs > MAX_AGE_MS) return this.answer(held, note('warn', TOO_OLD));
    return this.carryOut(held);
  }

  /** Once all that this process has begun is done. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** Finishes what it holds, at most this long, and leaves the rest to whoever is up. Its front takes no more events. */
  async drain(deadlineMs: number): Promise<void> {
    this.closed = true;
    const patience = new AbortController();
    const deadline = pause(deadlineMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.settled(), deadline]);
    patience.abort();
    clearInterval(this.watching);
    const left = [...this.held.values()].filter(({ answering }) => !answering);
    const unwritten = left.filter((held) => held.unwritten);
    await Promise.all([
      ...unwritten.map((held) => this.giveUp(held)),
      ...left.map(({ id, owner }) => this.events.leave(id, owner, 0).catch(() => {})),
    ]);
  }
}
