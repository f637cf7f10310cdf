import { webApi } from '@slack/bolt';
import type { Membership } from '../../policy/access.ts';
import type { AccountId } from '../../policy/identity.ts';
import type { Member } from '../front.ts';
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

const nameOf = (user: SlackUser) => user.profile?.display_name || user.profile?.real_name || user.name || 'someone';

/** Everybody whom the workspace shows, with the user groups they are in. */
export async function readMembers(web: webApi.WebClient, team: string): Promise<Map<AccountId, Member>> {
  const groups = await readGroups(web);
  const members = new Map<AccountId, Member>();
  let cursor = '';
  do {
    const page = await web.users.list({ limit: 200, ...(cursor === '' ? {} : { cursor }) });
    for (const user of (page.members ?? []) as SlackUser[]) {
      if (user.id === undefined) continue;
      members.set(`slack:${user.team_id ?? team}/${user.id}`, {
        name: nameOf(user),
        membership: membershipOf(user, team),
        groups: groups.get(user.id) ?? [],
      });
    }
    cursor = page.response_metadata?.next_cursor ?? '';
  } while (cursor !== '');
  return members;
}

/** Read now. Null where Slack does not show the user: that grants nothing. */
export async function readMember(web: webApi.WebClient, team: string, account: AccountId): Promise<Member | null> {
  const id = slackUser([account]);
  if (id === null) return null;
  const [info, groups] = await Promise.all([web.users.info({ user: id }), readGroups(web)]);
  const user = info.user as SlackUser | undefined;
  return user ? { name: nameOf(user), membership: membershipOf(user, team), groups: groups.get(id) ?? [] } : null;
}

async function readGroups(web: webApi.WebClient): Promise<Map<string, string[]>> {
  const byUser = new Map<string, string[]>();
  const reply = await web.usergroups.list({ include_users: true }).catch((error: unknown) => {
    // Free plans have no user groups, and an app may lack the scope: then nobody is in one.
    if (error instanceof webApi.WebAPIPlatformError) return { usergroups: [] };
    throw error;
  });
  for (const group of reply.usergroups ?? []) {
    for (const user of group.users ?? []) byUser.set(user, [...(byUser.get(user) ?? []), `slack:${group.id}`]);
  }
  return byUser;
}
