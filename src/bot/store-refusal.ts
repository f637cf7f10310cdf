import type { Pager } from '../jobs/page-out.ts';
import type { Place } from '../policy/identity.ts';
import type { Front } from './front.ts';
import { card, code, type Message, text } from './message/message.ts';
import type { Services } from './services.ts';

const HOUR_MS = 3_600_000;
const PAGE_TIMEOUT_MS = 30_000;

/**
 * Says in every room, and to the webhook, that Redis does not take our password or rights any more. All else that is said goes through Redis: this
 * goes straight to the chats, and nothing of it is kept up.
 */
export class StoreRefusal {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Pick<Services, 'policy' | 'clocks' | 'log'>;
  private readonly pager: Pager | null;
  /** How often it refused us since this process began. */
  private times = 0;

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
    const { policy, clocks, log } = this.services;
    const at = clocks.realNow();
    if (reason !== null) this.times += 1;
    // Several bots meet it within moments: the second finds what the first has said.
    const marker = `redis-${reason === null ? 'again' : 'refuses'}-${Math.floor(at / HOUR_MS)}-${this.times}`;
    const message = reason === null ? AGAIN : refuses(reason);
    const channels = policy.rooms.flatMap((room) => room.channels.filter(({ mirror }) => mirror));
    const posts = channels.map(({ chat, channel }) => this.post({ chat, channel }, message, marker));
    const alert = { id: 'redis-refuses', title: TITLE, at, rule: 'blind', over: reason === null };
    const page = this.pager?.(alert, AbortSignal.timeout(PAGE_TIMEOUT_MS));
    for (const one of await Promise.allSettled([...posts, page])) {
      if (one.status === 'rejected') log.warn({ error: String(one.reason) }, 'that Redis refuses us could not be said');
    }
  }

  private async post(to: Place, message: Message, marker: string): Promise<void> {
    const front = this.fronts.get(to.chat);
    if (!front || (await front.find(to, { marker }))) return;
    await front.post(to, message, { marker, ping: [] });
  }
}

const TITLE = 'Redis refuses Podwarden';

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
