import { webApi } from '@slack/bolt';
import type { Membership } from '../../policy/access.ts';
import type { AccountId } from '../../policy/identity.ts';
import { ChatUnavailable, type GroupMembers, type Member } from '../front.ts';
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
  enterprise_user?: { teams?: string[] };
  profile?: { display_name?: string; real_name?: string };
}

/**
 * On Enterprise Grid `enterprise_user.teams` lists somebody's workspaces, and `team_id` is their home or left out; elsewhere
 * `team_id` is the only one. Source: docs.slack.dev, user object; lookerbot issue 184, slack-morphism pull request 215.
 */
const teamsOf = ({ enterprise_user: grid, team_id: home }: SlackUser): readonly string[] =>
  grid?.teams ?? (home === undefined ? [] : [home]);

/** Slack's flags, strictest first. Only whom Slack places in our workspace is one of us; whom it places nowhere is unknown. */
export function membershipOf(user: SlackUser, team: string): Membership {
  if (user.deleted) return 'deactivated';
  if (user.is_bot || user.id === 'USLACKBOT') return 'bot';
  if (user.is_stranger) return 'stranger';
  const teams = teamsOf(user);
  if (teams.length === 0) return 'unknown';
  if (!teams.includes(team)) return 'stranger';
  if (user.is_restricted || user.is_ultra_restricted) return 'guest';
  return 'member';
}

/** Slack's words for a user that it does not show us. */
const HIDDEN = ['user_not_found', 'user_not_visible'];

/** What Slack answered on plans without user groups before it documented `plan_upgrade_required`. */
const FREE_PLAN = 'paid_teams_only';
/** There is no such group, or it is disabled: nobody is in it. */
const NO_GROUP = 'no_such_subteam';

const nameOf = (user: SlackUser) => user.profile?.display_name || user.profile?.real_name || user.name || 'someone';

/** Under our workspace where they are in it, wherever their home is: an account has one name. */
function memberOf(user: SlackUser, id: string, team: string): Member {
  const teams = teamsOf(user);
  const workspace = teams.length === 0 || teams.includes(team) ? team : (user.team_id ?? teams[0]);
  return { account: `slack:${workspace}/${id}`, name: nameOf(user), membership: membershipOf(user, team), groups: [] };
}

/** Before Slack told us our own workspace everybody would look like a stranger. */
function needsTeam(team: string): void {
  if (team === '') throw new ChatUnavailable('Slack is not connected yet', 0);
}

/** Read now. Null where Slack does not show the user: that grants nothing. */
export async function readMember(web: webApi.WebClient, team: string, account: AccountId): Promise<Member | null> {
  const id = slackUser([account]);
  if (id === null) return null;
  needsTeam(team);
  const { user } = await web.users.info({ user: id }).catch((error: unknown) => {
    if (error instanceof webApi.WebAPIPlatformError && HIDDEN.includes(error.data.error)) return { user: undefined };
    throw error;
  });
  return user ? memberOf(user as SlackUser, id, team) : null;
}

/** Who is in these groups, and nobody of any other: a company has more of them than calls. */
export async function readGroups(web: webApi.WebClient, groups: readonly string[]): Promise<GroupMembers> {
  const own = groups.filter((group) => group.startsWith('slack:'));
  return new Map(await Promise.all(own.map(async (group) => [group, await readGroup(web, group)] as const)));
}

async function readGroup(web: webApi.WebClient, group: string): Promise<ReadonlySet<AccountId>> {
  const usergroup = group.slice('slack:'.length);
  const { users = [] } = await web.usergroups.users.list({ usergroup }).catch((error: unknown) => {
    // Free plans have no user groups, and an app may lack the scope: then nobody is in one. Any other refusal says nothing of
    // groups, and a group may be denied a right.
    const code = error instanceof webApi.WebAPIPlatformError ? error.data.error : '';
    const none = code === FREE_PLAN || code === NO_GROUP || slackFailure(code, 'other').kind === 'right-missing';
    if (none) return { users: [] };
    throw error;
  });
  return new Set(users.map((user) => `slack:${user}`));
}
