import { webApi } from '@slack/bolt';
import type { Membership } from '../../policy/access.ts';
import type { AccountId } from '../../policy/identity.ts';
import { ChatUnavailable, type Member } from '../front.ts';
import { slackFailure } from './failures.ts';
import { slackUser } from './render.ts';

interface SlackUser {
  id?: string;
  name?: string;
  team_id?: string;
  deleted?: boolean;
  is_bot?: boolean;
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  is_stranger?: boolean;
  profile?: { display_name?: string; real_name?: string };
}

/** Slack's flags, strictest first. Another home team is a stranger, whatever else is said. */
export function membershipOf(user: SlackUser, team: string): Membership {
  if (user.deleted) return 'deactivated';
  if (user.is_bot || user.id === 'USLACKBOT') return 'bot';
  if (user.is_stranger || (user.team_id !== undefined && user.team_id !== team)) return 'stranger';
  if (user.is_restricted || user.is_ultra_restricted) return 'guest';
  return 'member';
}

/** Slack's words for a user that it does not show us. */
const HIDDEN = ['user_not_found', 'user_not_visible'];

/** What Slack answered on plans without user groups before it documented `plan_upgrade_required`. */
const FREE_PLAN = 'paid_teams_only';

const nameOf = (user: SlackUser) => user.profile?.display_name || user.profile?.real_name || user.name || 'someone';

function memberOf(user: SlackUser, id: string, team: string, groups: ReadonlyMap<string, string[]>): Member {
  const account = `slack:${user.team_id ?? team}/${id}`;
  return { account, name: nameOf(user), membership: membershipOf(user, team), groups: groups.get(id) ?? [] };
}

/** Before Slack told us our own workspace everybody would look like a stranger. */
function needsTeam(team: string): void {
  if (team === '') throw new ChatUnavailable('Slack is not connected yet', 0);
}

/** Everybody whom the workspace shows, with the user groups they are in. */
export async function readMembers(web: webApi.WebClient, team: string): Promise<Map<AccountId, Member>> {
  needsTeam(team);
  const groups = await readGroups(web);
  const members = new Map<AccountId, Member>();
  let cursor = '';
  do {
    const page = await web.users.list({ limit: 200, ...(cursor === '' ? {} : { cursor }) });
    for (const user of (page.members ?? []) as SlackUser[]) {
      if (user.id === undefined) continue;
      const member = memberOf(user, user.id, team, groups);
      members.set(member.account, member);
    }
    cursor = page.response_metadata?.next_cursor ?? '';
  } while (cursor !== '');
  return members;
}

/** Read now. Null where Slack does not show the user: that grants nothing. */
export async function readMember(web: webApi.WebClient, team: string, account: AccountId): Promise<Member | null> {
  const id = slackUser([account]);
  if (id === null) return null;
  needsTeam(team);
  const info = web.users.info({ user: id }).catch((error: unknown) => {
    if (error instanceof webApi.WebAPIPlatformError && HIDDEN.includes(error.data.error)) return { user: undefined };
    throw error;
  });
  const [{ user }, groups] = await Promise.all([info, readGroups(web)]);
  return user ? memberOf(user as SlackUser, id, team, groups) : null;
}

async function readGroups(web: webApi.WebClient): Promise<Map<string, string[]>> {
  const byUser = new Map<string, string[]>();
  const reply = await web.usergroups.list({ include_users: true }).catch((error: unknown) => {
    // Free plans have no user groups, and an app may lack the scope: then nobody is in one. Any other refusal says nothing of
    // groups, and a group may be denied a right.
    const code = error instanceof webApi.WebAPIPlatformError ? error.data.error : '';
    if (code === FREE_PLAN || slackFailure(code, 'other').kind === 'right-missing') return { usergroups: [] };
    throw error;
  });
  for (const group of reply.usergroups ?? []) {
    for (const user of group.users ?? []) byUser.set(user, [...(byUser.get(user) ?? []), `slack:${group.id}`]);
  }
  return byUser;
}
