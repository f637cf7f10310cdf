import { permissionsIn } from './permissions.ts';
import { authorJson, memberJson } from './rest.ts';
import type { DiscordMessage, Interaction, Json, Server } from './state.ts';

/** What every interaction tells, whatever its kind: who, where, and how it is answered. */
export function interactionPayload({ id, token, user, channel }: Interaction, server: Server): Json {
  const place = server.channels.get(channel);
  const who = server.users.get(user);
  const guild = server.guildOf(channel);
  const shape =
    place?.parent === null || place === undefined
      ? { id: channel, type: 0, guild_id: guild, name: place?.name ?? '', permissions: '2147483647' }
      : {
          id: channel,
          type: 11,
          guild_id: guild,
          name: place.name,
          parent_id: place.parent,
          permissions: '2147483647',
          thread_metadata: {
            archived: false,
            auto_archive_duration: 1440,
            archive_timestamp: new Date(0).toISOString(),
            locked: false,
          },
        };
  return {
    id,
    token,
    application_id: server.application,
    version: 1,
    channel_id: channel,
    ...(place?.recipient
      ? { channel: { id: channel, type: 1 }, user: who ? memberJson(who).user : undefined }
      : {
          guild_id: guild,
          guild: { id: guild, locale: 'en-US', features: [] },
          channel: shape,
          member: who ? memberJson(who) : undefined,
        }),
    app_permissions: String(permissionsIn(channel, server)),
    locale: 'en-US',
    guild_locale: 'en-US',
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: { 0: guild },
    context: 0,
    attachment_size_limit: 10_485_760,
  };
}

/** A message as the gateway tells it: of one that does not name the bot, without its text. */
export function messageEvent(message: DiscordMessage, server: Server): Json {
  const named = message.content.includes(`<@${server.bot}>`);
  return {
    id: message.id,
    channel_id: message.channel,
    guild_id: server.guildOf(message.channel),
    author: authorJson(message.author, server),
    content: named ? message.content : '',
    mentions: named ? [authorJson(server.bot, server)] : [],
    mention_roles: [],
    mention_everyone: false,
    attachments: [],
    embeds: [],
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    pinned: false,
    type: 0,
  };
}
