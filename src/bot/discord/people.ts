import { type APIGuildMember, DiscordAPIError, GuildMemberFlags, type REST, Routes } from 'discord.js';
import type { AccountId } from '../../policy/identity.ts';
import type { Member } from '../front.ts';
import { discordUser } from './render.ts';

/** Discord's code for somebody who is not in the server. */
const UNKNOWN_MEMBER = 10_007;
/** And for an id that is nobody's, or is no id: a policy file's mistake costs the account that it names. */
const NOBODY = [10_013, 50_035];

/** Guests are those who did not pass the server's screening, or came by a guest invite. */
function memberOf(member: APIGuildMember): Member {
  const guest = member.pending || (member.flags & GuildMemberFlags.IsGuest) !== 0;
  return {
    account: `discord:${member.user.id}`,
    name: member.nick ?? member.user.global_name ?? member.user.username,
    membership: member.user.bot ? 'bot' : guest ? 'guest' : 'member',
    groups: member.roles.map((role) => `discord:${role}`),
  };
}

/** Read now; who left is deactivated, and null is nobody. @throws what the client throws where Discord cannot be read. */
export async function readMember(rest: REST, guild: string, account: AccountId): Promise<Member | null> {
  const id = discordUser([account]);
  if (id === null) return null;
  try {
    return memberOf((await rest.get(Routes.guildMember(guild, id))) as APIGuildMember);
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw error;
    if (NOBODY.includes(Number(error.code))) return null;
    if (error.code !== UNKNOWN_MEMBER) throw error;
    return { account: `discord:${id}`, name: id, membership: 'deactivated', groups: [] };
  }
}
