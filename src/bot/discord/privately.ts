import { type APIChannel, type REST, Routes } from 'discord.js';
import type { AccountId } from '../../policy/identity.ts';
import type { Message } from '../message/message.ts';
import type { Calling } from './failures.ts';
import type { DiscordReply } from './incoming.ts';
import { discordUser, renderDiscord, withUploads } from './render.ts';

/** What one person alone sees: answers to what they did, and direct messages. */
export class Privately {
  private readonly rest: REST;
  private readonly call: Calling;

  constructor(rest: REST, call: Calling) {
    this.rest = rest;
    this.call = call;
  }

  async reply(to: DiscordReply, message: Message): Promise<void> {
    const body = renderDiscord(message);
    if ('beside' in to) {
      const beside = { message_reference: { message_id: to.beside, fail_if_not_exists: false } };
      const quiet = { allowed_mentions: { parse: [], replied_user: false } };
      const route = Routes.channelMessages(to.channel);
      await this.call(() => this.rest.post(route, { body: { ...body, ...beside, ...quiet } }));
      return;
    }
    const route = Routes.webhookMessage(to.application, to.token, '@original');
    await this.call(() => this.rest.patch(route, { auth: false, ...withUploads(body, message) }));
  }

  /** The channel of direct messages with somebody. */
  async channelOf(account: AccountId): Promise<string> {
    const open = { body: { recipient_id: discordUser([account]) } };
    const dm = (await this.call(() => this.rest.post(Routes.userChannels(), open), 'person')) as APIChannel;
    return dm.id;
  }

  async direct(account: AccountId, message: Message): Promise<void> {
    const route = Routes.channelMessages(await this.channelOf(account));
    const body = renderDiscord(message);
    await this.call(() => this.rest.post(route, withUploads(body, message)), 'person');
  }
}
