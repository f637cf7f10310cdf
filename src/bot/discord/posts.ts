import { type APIMessage, DiscordAPIError, HTTPError, RateLimitError, type REST, Routes } from 'discord.js';
import type { Place } from '../../policy/identity.ts';
import { ChatUnavailable, MessageGone, PlaceClosed, type PostOptions } from '../front.ts';
import type { Message } from '../message/message.ts';
import { truncate } from '../message/plain-text.ts';
import { oneLine } from '../message/visible.ts';
import { DISCORD } from './limits.ts';
import { renderDiscord, withUploads } from './render.ts';

export interface DiscordRef {
  channel: string;
  message: string;
  marker: string;
}

/** Discord's error codes that are handled by name. Source: Opcodes and Status Codes, JSON error codes. */
const THREAD_EXISTS = 160_004;
const THREAD_ARCHIVED = 50_083;
const UNKNOWN_MESSAGE = 10_008;
/** Unknown channel, missing access, missing permissions. */
const CLOSED = [10_003, 50_001, 50_013];
const ARCHIVE_MINUTES = 1440;

/** Cards and lines in channels and threads: posted, edited, and found again. */
export class Posts {
  private readonly rest: REST;

  constructor(rest: REST) {
    this.rest = rest;
  }

  async post(to: Place, message: Message, options: PostOptions): Promise<DiscordRef> {
    const channel = options.thread ? await this.openThread(options.thread) : to.channel;
    const { ping, marker, groups } = options;
    const bodyOf = (shown: Message) => ({
      ...renderDiscord(shown, ping, marker, groups),
      nonce: nonce(marker),
      enforce_nonce: true,
    });
    const sent = await this.sending(message, (shown) =>
      this.rest.post(Routes.channelMessages(channel), withUploads(bodyOf(shown), shown)),
    );
    return { channel, message: (sent as APIMessage).id, marker };
  }

  /** Where we may post and may not attach files, what is said is worth more than its picture. */
  private async sending(message: Message, send: (shown: Message) => Promise<unknown>): Promise<unknown> {
    try {
      return await calling(() => send(message));
    } catch (error) {
      const bare = { ...message, blocks: message.blocks.filter(({ kind }) => kind !== 'image') };
      if (!(error instanceof PlaceClosed) || bare.blocks.length === message.blocks.length) throw error;
      return calling(() => send(bare));
    }
  }

  /** A thread that hangs on a message has the message's own id. */
  private async openThread({ of, title }: { of: unknown; title: string }): Promise<string> {
    const { channel, message } = of as DiscordRef;
    const body = { name: truncate(oneLine(title), DISCORD.threadName), auto_archive_duration: ARCHIVE_MINUTES };
    try {
      await calling(() => this.rest.post(Routes.threads(channel, message), { body }));
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.code !== THREAD_EXISTS) throw error;
    }
    return message;
  }

  async edit({ channel, message: id, marker }: DiscordRef, message: Message): Promise<void> {
    const edit = () =>
      this.sending(message, (shown) =>
        this.rest.patch(Routes.channelMessage(channel, id), withUploads(renderDiscord(shown, [], marker), shown)),
      );
    try {
      await edit();
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.code !== THREAD_ARCHIVED) throw error;
      await calling(() => this.rest.patch(Routes.channel(channel), { body: { archived: false } }));
      await edit();
    }
  }

  async find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<DiscordRef | null> {
    const of = options.thread?.of as DiscordRef | undefined;
    const channel = of?.message ?? to.channel;
    try {
      const query = new URLSearchParams({ limit: '50' });
      const newest = (await calling(() => this.rest.get(Routes.channelMessages(channel), { query }))) as APIMessage[];
      const found = newest.find((m) => m.embeds.some(({ footer }) => footer?.text === options.marker));
      return found ? { channel, message: found.id, marker: options.marker } : null;
    } catch (error) {
      // The thread was not opened yet.
      if (error instanceof PlaceClosed && of) return null;
      throw error;
    }
  }
}

/** Errors of Discord as what a job can act on. */
export async function calling<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = error instanceof DiscordAPIError ? Number(error.code) : 0;
    if (code === UNKNOWN_MESSAGE) throw new MessageGone('the message was deleted');
    if (CLOSED.includes(code)) throw new PlaceClosed(`Discord: ${code}`);
    if (error instanceof RateLimitError) throw new ChatUnavailable('rate limited by Discord', error.retryAfter);
    if (error instanceof HTTPError || transient(error)) {
      throw new ChatUnavailable(`Discord: ${(error as Error).message}`, 0);
    }
    throw error;
  }
}

function transient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DiscordAPIError) return false;
  return error.name === 'AbortError' || /UND_ERR|ECONN/.test(String((error as { code?: unknown }).code));
}

/** At most 25 characters. */
const nonce = (marker: string) => marker.slice(0, 25);
