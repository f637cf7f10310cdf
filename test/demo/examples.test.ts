import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SECRETS, type World } from '../../demo/world/world.ts';
import { leftBehind, playDialogue } from './playing.ts';
import { discordValidator, slackValidator } from './validators.ts';

const folder = new URL('../../examples/', import.meta.url);
const dialogues = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const slackProblems = slackValidator();
const discordProblems = await discordValidator();

/** Values that must be in no log, job, Redis value or message: our keys, what a pod's env holds, and pasted keys. */
const FORBIDDEN = [...Object.values(SECRETS), 'hf_seedseed', 'rpa_', 'hf_aaaabbbb', 'HF_TOKEN'];

function messagesOf(world: World): string {
  return [...world.slack.visibleTo(null), ...world.discord.visibleTo(null)].map((m) => m.text).join('\n');
}

describe.concurrent('the examples', () => {
  it.each(dialogues)('%s holds, breaks no platform’s rule, and leaks nothing', { timeout: 240_000 }, async (name) => {
    await playDialogue(
      readFileSync(new URL(name, folder), 'utf8'),
      async (world, dataPath) => {
        expect(world.slack.violations).toEqual([]);
        expect(world.discord.violations).toEqual([]);
        expect(world.runpod.violations).toEqual([]);
        expect(world.slack.workspace.messages.flatMap((m) => slackProblems(m.blocks))).toEqual([]);
        expect(world.slack.workspace.opened.flatMap((view) => slackProblems(view.blocks as unknown[]))).toEqual([]);
        expect(discordProblems(world.discord.requests)).toEqual([]);
        const everywhere = [...leftBehind(dataPath), { path: 'messages', text: messagesOf(world) }];
        for (const secret of FORBIDDEN) {
          expect(
            everywhere.filter(({ text }) => text.includes(secret)).map(({ path }) => `${secret} in ${path}`),
          ).toEqual([]);
        }
      },
      name === 'costs.txt',
    );
  });
});
