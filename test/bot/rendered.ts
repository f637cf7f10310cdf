import { expect } from 'vitest';
import { messageProblems as discordProblems, modalProblems } from '../../emulators/discord/rules.ts';
import { messageProblems as slackProblems, viewProblems } from '../../emulators/slack/rules.ts';
import { renderModal as discordModal } from '../../src/bot/discord/modal.ts';
import { renderDiscord } from '../../src/bot/discord/render.ts';
import type { Form } from '../../src/bot/message/form.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { renderModal as slackModal } from '../../src/bot/slack/modal.ts';
import { renderSlack } from '../../src/bot/slack/render.ts';

/** Both platforms' bodies, for golden files. */
export const everything = (message: Message) =>
  JSON.stringify({ slack: renderSlack(message), discord: renderDiscord(message) }, null, 2);

/** Against the limits that the emulators know from the platforms' own documents. */
export function breaksNothing(message: Message): void {
  const slack = renderSlack(message);
  expect(slackProblems(slack.text, slack.blocks as unknown as Record<string, unknown>[])).toEqual([]);
  expect(discordProblems(renderDiscord(message) as unknown as Record<string, unknown>)).toEqual([]);
}

type Json = Record<string, unknown>;

export const everyForm = (form: Form) =>
  JSON.stringify({ slack: slackModal(form, 'kept'), discord: discordModal(form) }, null, 2);

export function formBreaksNothing(form: Form): void {
  expect(viewProblems(slackModal(form, 'kept') as unknown as Json)).toEqual([]);
  expect(modalProblems(discordModal(form) as unknown as Json)).toEqual([]);
}
