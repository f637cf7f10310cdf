import { describe, expect, it } from 'vitest';
import { chatTrouble } from '../../demo/world/chat-faults.ts';
import { discordFailure } from '../../src/bot/discord/failures.ts';
import type { Attempted } from '../../src/bot/failure.ts';
import { slackFailure } from '../../src/bot/slack/failures.ts';
import { CHATS } from '../../storm/plan.ts';
import { REFUSALS } from '../../storm/refusals.ts';

const ATTEMPTED: Record<string, Attempted> = { post: 'channel', thread: 'thread', edit: 'edit', direct: 'person' };

describe.each(CHATS)('what %s refuses in a storm', (chat) => {
  const refusals = Object.entries(REFUSALS[chat]);

  it.each(refusals.flatMap(([meaning, values]) => values.map((value) => [value, meaning] as const)))(
    '%s means %s',
    (value, meaning) => {
      if (value.startsWith('close:')) return expect(meaning).toBe('wait');
      const trouble = chatTrouble(value);
      if (trouble.kind !== 'error') return expect(meaning).toBe('wait');
      const attempted = ATTEMPTED[trouble.at[0] ?? ''] ?? 'other';
      const failure =
        chat === 'slack' ? slackFailure(trouble.code, attempted) : discordFailure(Number(trouble.code), 401, attempted);
      expect(failure.kind).toBe(meaning);
    },
  );
});
