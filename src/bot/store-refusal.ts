import type { Pager } from '../jobs/page-out.ts';
import type { Place } from '../policy/identity.ts';
import type { Front } from './front.ts';
import { card, code, type Message, text } from './message/message.ts';
import type { Services } from './services.ts';

const HOUR_MS = 3_600_000;
const PAGE_TIMEOUT_MS = 30_000;

/**
 * Says in every room, and to the webhook, that Redis does not take our password or rights any more, or nothing new. All else that is said goes through Redis: this
 * goes straight to the chats, and nothing of it is kept up.
 */
export class StoreRefusal {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Pick<Services, 'policy' | 'clocks' | 'log'>;
  private readonly pager: Pager | null;
  /** How often each was so since this process began. */
  private readonly times = new Map<string, number>();

  constructor(
    fronts: ReadonlyMap<string, Front>,
    services: Pick<Services, 'policy' | 'clocks' | 'log'>,
    pager: Pager | null,
  ) {
    this.fronts = fronts;
    this.services = services;
    this.pager = pager;
  }

  /** `reason` null: it takes us again. */
  async told(reason: string | null): Promise<void> {
    await this.say('refuses', TITLE, reason === null, reason === null ? AGAIN : refuses(reason));
  }

  /** It has no memory for anything new, or has again. */
  async full(isFull: boolean): Promise<void> {
    await this.say('full', FULL_TITLE, !isFull, isFull ? FULL : ROOMY);
  }

  private async say(what: string, title: string, over: boolean, message: Message): Promise<void> {
    const { policy, clocks, log } = this.services;
    const at = clocks.realNow();
    const times = (this.times.get(what) ?? 0) + (over ? 0 : 1);
    this.times.set(what, times);
    const marker = (end: boolean, n: number) => `redis-${what}-${end ? 'over-' : ''}${Math.floor(at / HOUR_MS)}-${n}`;
    const markers = (n: number) => ({ own: marker(over, n), after: over ? marker(false, n + 1) : marker(true, n) });
    const channels = policy.rooms.flatMap((room) => room.channels.filter(({ mirror }) => mirror));
    const posts = channels.map(({ chat, channel }) => this.post({ chat, channel }, message, markers, times));
    const alert = { id: `redis-${what}`, title, at, rule: 'blind', over };
    const page = this.pager?.(alert, AbortSignal.timeout(PAGE_TIMEOUT_MS));
    for (const one of await Promise.allSettled([...posts, page])) {
      if (one.status === 'rejected')
        log.warn({ error: String(one.reason) }, 'what is wrong with Redis could not be said');
    }
  }

  /**
   * Several bots meet it within moments: the second finds what the first has said. Where what came `after` that was said too,
   * it is so once more, and this bot began to count later.
   */
  private async post(
    to: Place,
    message: Message,
    markers: (n: number) => { own: string; after: string },
    times: number,
  ): Promise<void> {
    const front = this.fronts.get(to.chat);
    if (!front) return;
    for (let n = times; ; n++) {
      const { own, after } = markers(n);
      if ((await front.find(to, { marker: own })) === null)
        return void (await front.post(to, message, { marker: own, ping: [] }));
      if ((await front.find(to, { marker: after })) === null) return;
    }
  }
}

const TITLE = 'Redis refuses Podwarden';
const FULL_TITLE = 'Redis is out of memory';

const refuses = (reason: string): Message =>
  card(TITLE, 'bad', [
    text(
      'No command, button, warning or scan works until it does, and approved terminations do not run. Pods keep running and billing: stop them in Runpod’s console if you must. ',
      `It answered: ${reason}. Correct `,
      code('REDIS_URL'),
      ' or the user in Redis, and restart Podwarden; it ends by itself after ten minutes.',
    ),
  ]);

const AGAIN: Message = card('Redis accepts Podwarden again', 'good', [
  text('Podwarden goes on with what was waiting.'),
]);

const FULL: Message = card(FULL_TITLE, 'bad', [
  text(
    'Nothing can be recorded: no launch, no start, no approval, no warning and no scan until it has room. Pods keep running and billing. Stop works meanwhile: run ',
    code('/pod stop'),
    ' with the pod’s name. Give Redis more memory (',
    code('maxmemory'),
    '); nothing has to be restarted.',
  ),
]);

const ROOMY: Message = card('Redis takes writes again', 'good', [text('Podwarden goes on with what was waiting.')]);
