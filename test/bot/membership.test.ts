import { webApi } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../emulators/http.ts';
import { membershipOf, readMember } from '../../src/bot/slack/people.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('what Slack says of a user', () => {
  it.each([
    ['member', { id: 'U1', team_id: 'T1' }],
    ['guest', { id: 'U1', team_id: 'T1', is_restricted: true }],
    ['guest', { id: 'U1', team_id: 'T1', is_ultra_restricted: true }],
    ['stranger', { id: 'U1', team_id: 'T9' }],
    ['stranger', { id: 'U1', team_id: 'T1', is_stranger: true }],
    ['bot', { id: 'U1', team_id: 'T1', is_bot: true }],
    ['bot', { id: 'USLACKBOT', team_id: 'T1' }],
    ['deactivated', { id: 'U1', team_id: 'T1', deleted: true, is_bot: true }],
  ] as const)('is a %s where it is %o', (membership, user) => {
    expect(membershipOf(user, 'T1')).toBe(membership);
  });
});

describe('the user groups of somebody who is read live', () => {
  async function read(groups: object) {
    const answers: Record<string, object> = {
      '/users.info': { ok: true, user: { id: 'U1', team_id: 'T1', name: 'bob' } },
      '/usergroups.list': groups,
    };
    const server = await listen(async ({ path }) => ({ status: 200, body: answers[path] }));
    closing.push(() => server.close());
    const options = { slackApiUrl: `http://127.0.0.1:${server.port}/`, retryConfig: { retries: 0 } };
    return readMember(new webApi.WebClient('xoxb-t', options), 'T1', 'slack:T1/U1');
  }

  it.each(['paid_teams_only', 'plan_upgrade_required', 'missing_scope'])(
    'are none where the plan or the scope has none (%s)',
    async (error) => {
      expect(await read({ ok: false, error })).toMatchObject({ membership: 'member', groups: [] });
    },
  );

  it.each(['internal_error', 'token_expired', 'nobody_has_heard_of_it'])(
    'are not taken for none where Slack says something else (%s): a group may be denied a right',
    async (error) => {
      await expect(read({ ok: false, error })).rejects.toThrow(error);
    },
  );
});
