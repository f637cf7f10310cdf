import { type APIMessage, type REST, Routes } from 'discord.js';
import type { Place } from '../../policy/identity.ts';
import { type Attempted, ChatError } from '../failure.ts';
import { PlaceClosed, type PostOptions } from '../front.ts';
import type { Message } from '../message/message.ts';
import { truncate } from '../message/plain-text.ts';
import { oneLine } from '../message/visible.ts';
import type { Calling } from './failures.ts';
import { DISCORD } from './limits.ts';
import { renderDiscord, withUploads } from './render.ts';

export interface DiscordRef {
  channel: string;
  message: string;
  marker: string;
}

/** Discord's error codes that are handled by name. Source: Opcodes and Status Codes, JSON error codes. */
const THREAD_EXISTS = '160004';
const THREAD_ARCHIVED = '50083';
const ARCHIVE_MINUTES = 1440;

/** Cards and lines in channels and threads: posted, edited, and found again. */
export class Posts {
  private readonly rest: REST;
  private readonly call: Calling;

  constructor(rest: REST, call: Calling) {
    this.rest = rest;
    this.call = call;
  }

  async post(to: Place, message: Message, options: PostOptions): Promise<DiscordRef> {
    const channel = options.thread ? await this.openThread(options.thread) : to.channel;
    const { ping, marker, groups } = options;
    const bodyOf = (shown: Message) => ({
      ...renderDiscord(shown, ping, marker, groups),
      nonce: nonce(marker),
      enforce_nonce: true,
    });
    const post = (shown: Message) => this.rest.post(Routes.channelMessages(channel), withUploads(bodyOf(shown), shown));
    const sent = await this.sending(message, options.thread ? 'thread' : 'channel', post);
    return { channel, message: (sent as APIMessage).id, marker };
  }

  /** Where we may post and may not attach files, what is said is worth more than its picture. */
  private async sending(
    message: Message,
    attempted: Attempted,
    send: (shown: Message) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      return await this.call(() => send(message), attempted);
    } catch (error) {
      const bare = { ...message, blocks: message.blocks.filter(({ kind }) => kind !== 'image') };
      if (!(error instanceof PlaceClosed) || bare.blocks.length === message.blocks.length) throw error;
      return this.call(() => send(bare), attempted);
    }
  }

  /** A thread that hangs on a message has the message's own id. */
  private async openThread({ of, title }: { of: unknown; title: string }): Promise<string> {
    const { channel, message } = of as DiscordRef;
    const body = { name: truncate(oneLine(title), DISCORD.threadName), auto_archive_duration: ARCHIVE_MINUTES };
    try {
      await this.call(() => this.rest.post(Routes.threads(channel, message), { body }), 'thread');
    } catch (error) {
      if (!isCode(error, THREAD_EXISTS)) throw error;
    }
    return message;
  }

  async edit({ channel, message: id, marker }: DiscordRef, message: Message): Promise<void> {
    const edit = () =>
      this.sending(message, 'edit', (shown) =>
        this.rest.patch(Routes.channelMessage(channel, id), withUploads(renderDiscord(shown, [], marker), shown)),
      );
    try {
      await edit();
    } catch (error) {
      if (!isCode(error, THREAD_ARCHIVED)) throw error;
      await this.call(() => this.rest.patch(Routes.channel(channel), { body: { archived: false } }), 'thread');
      await edit();
    }
  }

  async remove({ channel, message }: DiscordRef): Promise<void> {
    await this.call(() => this.rest.delete(Routes.channelMessage(channel, message)), 'edit');
  }

  async find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<DiscordRef | null> {
    const of = options.thread?.of as DiscordRef | undefined;
    const channel = of?.message ?? to.channel;
    try {
      const query = new URLSearchParams({ limit: '50' });
      const read = () => this.rest.get(Routes.channelMessages(channel), { query });
      const newest = (await this.call(read, of ? 'thread' : 'channel')) as APIMessage[];
      const found = newest.find((m) => m.embeds.some(({ footer }) => footer?.text === options.marker));
      return found ? { channel, message: found.id, marker: options.marker } : null;
    } catch (error) {
      // The thread was not opened yet.
      if (error instanceof PlaceClosed && of) return null;
      throw error;
    }
  }
}

const isCode = (error: unknown, code: string) => error instanceof ChatError && error.code === code;

/** At most 25 characters. */
const nonce = (marker: string) => marker.slice(0, 25);
