import { expect, it } from 'vitest';
import { cost, share } from '../../src/bot/actions/costs.ts';
import type { Front, Inbox } from '../../src/bot/front.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { announcements } from '../../src/bot/publish/announcements.ts';
import type { Asker } from '../../src/bot/services.ts';
import type { Facts } from '../../src/policy/findings/finding.ts';
import { raise } from '../../src/policy/findings/settle.ts';
import type { Place } from '../../src/policy/identity.ts';
import { Cards } from '../../src/store/cards.ts';
import { ALICE, NOW, newRow } from '../policy/rows.ts';
import { digest } from '../store/digest.ts';
import { useRedis } from '../store/redis.ts';
import { bothChats, botServices, DISCORD_ROOM, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const DOLLAR = 1_000_000;
const nothingComesIn = {} as Inbox;
const QUESTION = { id: 'budget_now', choice: null };

function found(id: string, facts: Facts) {
  const hit = { rule: facts.rule, subject: id, level: 1, severity: 'urgent' as const, mark: '', facts };
  const settling = { now: NOW, awake: () => NOW, newId: () => id };
  return raise({ ...hit, anchor: NOW, owner: null, room: 'gpu' }, settling);
}

it('a channel that may not show money gets no budget warning, no digest, no budget’s question, and no shared answer', async () => {
  const chats = await bothChats();
  const { services, enqueued } = botServices(redis.client(), 'slack');
  const fronts = new Map<string, Front>(['slack', 'discord'].map((chat) => [chat, chats.front(chat)]));
  const announce = announcements(fronts, services, new Cards(redis.client()));
  const seen = (chat: 'slack' | 'discord') => chats[chat].visibleTo('alice').map(({ text }) => text);
  const asker = (place: Place) =>
    ({ who: ALICE, place, room: 'gpu', eventId: place.chat, access: { may: new Set(['money']) } }) as unknown as Asker;
  try {
    for (const front of fronts.values()) await front.start(nothingComesIn);

    const budget = { window: 'month' as const, first: '2026-11-01', last: '2026-11-30' };
    const spent = { rule: 'budget' as const, of: 'the team', spent: 81 * DOLLAR, budget: 100 * DOLLAR, ...budget };
    await services.findings.watch('a', () => found('f1', spent));
    await services.findings.watch('b', () => found('f2', { rule: 'blind', what: 'key', since: NOW, detail: 'denied' }));
    await announce.finding('f1');
    await announce.finding('f2');
    const about = (chat: 'slack' | 'discord', of: RegExp) => seen(chat).filter((text) => of.test(text)).length;
    expect([about('slack', /\$81/), about('discord', /\$81/)]).toEqual([1, 0]);
    expect([about('slack', /key/i), about('discord', /key/i)]).toEqual([1, 1]);

    await services.digests.write(digest(NOW));
    await announce.digest(digest(NOW).id);
    const ask = { beyond: 'the team has spent $81.00', self: [], allowedBy: null };
    const typed = newRow({ status: 'asking', room: 'gpu', home: SLACK_ROOM, ask });
    await services.ledger.add(typed, () => null);
    await announce.pod(typed.id);
    expect(seen('slack').length).toBeGreaterThanOrEqual(4);

    const labels = async (place: Place) =>
      (await cost.run(QUESTION, asker(place), services))?.buttons.map(({ label }) => label);
    expect(await labels(SLACK_ROOM)).toContain('Share');
    expect(await labels(DISCORD_ROOM)).not.toContain('Share');
    // An old card or a forged token still has one.
    const answer = await share.run(QUESTION, asker(DISCORD_ROOM), services);
    expect(plainText(answer as NonNullable<typeof answer>, 500)).toMatch(/not/i);
    expect(enqueued.filter(({ name }) => name === 'share-message')).toEqual([]);
    await share.run(QUESTION, asker(SLACK_ROOM), services);
    const [{ payload } = { payload: null }] = enqueued.filter(({ name }) => name === 'share-message');
    await announce.share((payload as { share: string }).share);
    expect(about('slack', /Shared by/)).toBe(1);

    expect(seen('discord')).toHaveLength(1);
    expect(seen('discord').join('\n')).not.toContain('$');
  } finally {
    for (const front of fronts.values()) await front.stop();
    await chats.close();
  }
});

it('a channel that may not show money gets no sum in a warning about the account', async () => {
  const chats = await bothChats();
  const { services } = botServices(redis.client(), 'slack');
  const fronts = new Map<string, Front>(['slack', 'discord'].map((chat) => [chat, chats.front(chat)]));
  const announce = announcements(fronts, services, new Cards(redis.client()));
  const seen = (chat: 'slack' | 'discord') =>
    chats[chat]
      .visibleTo('alice')
      .map(({ text }) => text)
      .join('\n');
  try {
    for (const front of fronts.values()) await front.start(nothingComesIn);
    const pods = [{ id: 'p', name: 'sweep', gpu: 'RTX A6000', rate: DOLLAR, owner: ALICE }];
    const jump = { rule: 'burn-jump' as const, perHour: 112 * DOLLAR, peak: 13 * DOLLAR, limit: null, pods };
    await services.findings.watch('c', () => found('f3', jump));
    await announce.finding('f3');
    expect(seen('slack')).toMatch(/\$112.*sweep/s);
    expect(seen('discord')).toMatch(/jumped.*sweep/s);
    expect(seen('discord')).not.toContain('$');
  } finally {
    for (const front of fronts.values()) await front.stop();
    await chats.close();
  }
});
