import { webApi } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../emulators/http.ts';
import { membershipOf, readGroups, readMember } from '../../src/bot/slack/people.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Slack's API with these answers by method. */
async function slack(answers: Record<string, object>): Promise<webApi.WebClient> {
  const server = await listen(async ({ path }) => ({ status: 200, body: answers[path.slice(1)] }));
  closing.push(() => server.close());
  const options = { slackApiUrl: `http://127.0.0.1:${server.port}/`, retryConfig: { retries: 0 } };
  return new webApi.WebClient('xoxb-t', options);
}

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

describe('on Enterprise Grid', () => {
  const at = (...teams: string[]) => ({ enterprise_user: { teams } });
  it.each([
    ['a member whose home is another workspace', 'member', { id: 'U1', team_id: 'T9', ...at('T1', 'T9') }],
    ['a member of whom no home is shown', 'member', { id: 'U1', ...at('T9', 'T1') }],
    ['a guest whose home is another workspace', 'guest', { id: 'U1', team_id: 'T9', is_restricted: true, ...at('T1') }],
    ['somebody of another workspace of whom no home is shown', 'stranger', { id: 'U1', ...at('T9') }],
    ['somebody of another workspace', 'stranger', { id: 'U1', team_id: 'T9', ...at('T9') }],
    ['a stranger, whatever the workspaces', 'stranger', { id: 'U1', is_stranger: true, ...at('T1') }],
    ['somebody whom Slack places nowhere', 'unknown', { id: 'U1' }],
    ['somebody of no workspace', 'unknown', { id: 'U1', ...at() }],
    ['somebody who left', 'deactivated', { id: 'U1', deleted: true, ...at('T1') }],
  ] as const)('%s is a %s', (_, membership, user) => {
    expect(membershipOf(user as Parameters<typeof membershipOf>[0], 'T1')).toBe(membership);
  });

  it.each([
    ['slack:T1/U1', { id: 'U1', team_id: 'T9', ...at('T9', 'T1') }],
    ['slack:T1/U1', { id: 'U1', ...at('T9', 'T1') }],
    ['slack:T9/U1', { id: 'U1', ...at('T9') }],
    ['slack:T8/U1', { id: 'U1', team_id: 'T8', ...at('T9', 'T8') }],
  ])('an account is %s, under our workspace where they are in it', async (account, user) => {
    const web = await slack({ 'users.info': { ok: true, user } });
    expect((await readMember(web, 'T1', 'slack:T9/U1'))?.account).toBe(account);
  });
});

it.each(['user_not_found', 'user_not_visible'])('somebody of whom Slack says %s is nobody', async (error) => {
  const web = await slack({ 'users.info': { ok: false, error } });
  expect(await readMember(web, 'T1', 'slack:T1/U1')).toBeNull();
});

describe('a user group', () => {
  const read = async (answer: object) => readGroups(await slack({ 'usergroups.users.list': answer }), ['slack:S1']);

  it('holds whom Slack lists', async () => {
    expect([...(await read({ ok: true, users: ['U1', 'W2'] }))]).toEqual([
      ['slack:S1', new Set(['slack:U1', 'slack:W2'])],
    ]);
  });

  it.each(['paid_teams_only', 'plan_upgrade_required', 'missing_scope', 'no_such_subteam'])(
    'holds nobody where the plan, the scope or the workspace has none (%s)',
    async (error) => {
      expect([...(await read({ ok: false, error }))]).toEqual([['slack:S1', new Set()]]);
    },
  );

  it.each(['internal_error', 'token_expired', 'nobody_has_heard_of_it'])(
    'is not taken for empty where Slack says something else (%s): it may be denied a right',
    async (error) => {
      await expect(read({ ok: false, error })).rejects.toThrow(error);
    },
  );
});
