import { describe, expect, it } from 'vitest';
import { messageProblems as discordProblems } from '../../emulators/discord/rules.ts';
import { messageProblems as slackMessageProblems } from '../../emulators/slack/rules.ts';
import { discordValidator, slackValidator } from './validators.ts';

const post = (body: unknown) => ({ method: 'POST', path: '/api/v10/channels/800000000000000001/messages', body });

describe('the validators bite', () => {
  it('Discord’s document refuses what it should, and passes what it should', async () => {
    const problems = await discordValidator();
    expect(problems([post({ content: 'hello', embeds: [], components: [] })])).toEqual([]);
    expect(problems([post({ embeds: 'none' })])).not.toEqual([]);
    expect(problems([post({ embeds: [{ title: 'x'.repeat(300) }] })])).not.toEqual([]);
    expect(problems([{ ...post({}), path: '/api/v10/nowhere' }])).not.toEqual([]);
  });

  it('Slack’s types refuse unknown blocks and keys', () => {
    const problems = slackValidator();
    expect(problems([{ type: 'divider' }])).toEqual([]);
    expect(problems([{ type: 'dividr' }])).toHaveLength(1);
    expect(problems([{ type: 'divider', colour: 'red' }])).toHaveLength(1);
  });

  it.each([
    [{ content: 'x'.repeat(2001) }],
    [{ content: '', embeds: [] }],
    [{ content: 'x', embeds: [{ description: 'x'.repeat(4097) }] }],
    [{ content: 'x', embeds: [{ description: 'x'.repeat(4000) }, { description: 'x'.repeat(2001) }] }],
    [{ content: 'x', nonce: 'x'.repeat(26) }],
    [
      {
        content: 'x',
        components: [
          {
            type: 1,
            components: [
              { type: 2, label: 'a', custom_id: 'a' },
              { type: 2, label: 'b', custom_id: 'a' },
            ],
          },
        ],
      },
    ],
    [{ content: 'x', components: [{ type: 1, components: [] }] }],
  ])('Discord’s own limits refuse %#', (body) => {
    expect(discordProblems(body)).not.toEqual([]);
  });

  it.each([
    [[{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }]],
    [[{ type: 'section', text: { type: 'mrkdwn', text: '' } }]],
    [[{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }]],
    [Array(51).fill({ type: 'divider' })],
    [
      [
        { type: 'table', rows: [[]] },
        { type: 'table', rows: [[]] },
      ],
    ],
    [[{ type: 'actions', elements: [] }]],
    [[{ type: 'table', rows: [[{ type: 'raw_text', text: '' }]] }]],
  ])('Slack’s own limits refuse %#', (blocks) => {
    expect(slackMessageProblems('text', blocks)).not.toEqual([]);
  });
});
