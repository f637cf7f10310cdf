import type { webApi } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';
import type { Place } from '../../policy/identity.ts';
import { ChatError } from '../failure.ts';
import type { PostOptions } from '../front.ts';
import type { Message } from '../message/message.ts';
import type { Call, Files, SharedIn } from './files.ts';
import { renderSlack } from './render.ts';

export interface SlackRef {
  channel: string;
  ts: string;
  /** The message whose thread it stands in. */
  thread?: string;
  /** Its images, in their order: an edit shows them again. */
  files?: string[];
}

const EVENT_TYPE = 'podwarden_message';
/** How far back a post whose answer was lost is looked for. */
const FIND_NEWEST = 50;
/** Threads are read from their beginning: far more lines than a pod's thread gets. */
const FIND_IN_THREAD = 200;

/** Cards and lines in channels and threads: posted, edited, and found again. */
export class Posts {
  private readonly web: webApi.WebClient;
  private readonly call: Call;
  private readonly files: Files;
  private readonly log: Log;

  constructor(web: webApi.WebClient, call: Call, files: Files, log: Log) {
    this.web = web;
    this.call = call;
    this.files = files;
    this.log = log;
  }

  async post(to: Place, message: Message, options: PostOptions): Promise<SlackRef> {
    const thread = options.thread?.of as SlackRef | undefined;
    const files = await this.files.images(message);
    const send = (shown: readonly string[]) =>
      this.call(
        () =>
          this.web.chat.postMessage({
            channel: to.channel,
            ...renderSlack(message, shown),
            ...(thread ? { thread_ts: thread.ts } : {}),
            metadata: { event_type: EVENT_TYPE, event_payload: { marker: options.marker } },
            unfurl_links: false,
            unfurl_media: false,
          }),
        thread ? 'thread' : 'channel',
      );
    let refused = false;
    const sent = await send(files).catch((error: unknown) => {
      if (files.length === 0 || !isRefusedFile(error)) throw error;
      refused = true;
      return send([]);
    });
    const ref = { channel: sent.channel ?? to.channel, ts: sent.ts ?? '' };
    if (refused) await this.shareBeside(message, { channel: ref.channel, thread: thread?.ts ?? ref.ts });
    return {
      ...ref,
      ...(thread ? { thread: thread.ts } : {}),
      ...(files.length > 0 && !refused ? { files } : {}),
    };
  }

  /** The message is there; its image is not worth posting it twice. */
  private async shareBeside(message: Message, to: SharedIn): Promise<void> {
    await this.files.share(message, to).catch((error: Error) => {
      this.log.warn({ error: error.message }, 'an image could not be shared in its thread');
    });
  }

  async edit({ channel, ts, files }: SlackRef, message: Message): Promise<void> {
    await this.call(() => this.web.chat.update({ channel, ts, ...renderSlack(message, files) }), 'edit');
  }

  async remove({ channel, ts }: SlackRef): Promise<void> {
    await this.call(() => this.web.chat.delete({ channel, ts }), 'edit');
  }

  async find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<SlackRef | null> {
    const thread = options.thread?.of as SlackRef | undefined;
    const newest = { channel: to.channel, include_all_metadata: true, limit: FIND_NEWEST };
    const page = await this.call<{ messages?: { ts?: string; metadata?: object; blocks?: object[] }[] }>(
      () =>
        thread
          ? this.web.conversations.replies({ ...newest, ts: thread.ts, limit: FIND_IN_THREAD })
          : this.web.conversations.history(newest),
      thread ? 'thread' : 'channel',
    );
    const found = page.messages?.find((m) => {
      const metadata = m.metadata as { event_payload?: { marker?: string } } | undefined;
      return metadata?.event_payload?.marker === options.marker;
    });
    if (!found?.ts) return null;
    const files = (found.blocks ?? []).flatMap((block) => {
      const id = (block as { slack_file?: { id?: string } }).slack_file?.id;
      return id === undefined ? [] : [id];
    });
    return {
      channel: to.channel,
      ts: found.ts,
      ...(thread ? { thread: thread.ts } : {}),
      ...(files.length > 0 ? { files } : {}),
    };
  }
}

/** Now and then said of a file that is still processed. */
const isRefusedFile = (error: unknown): boolean => error instanceof ChatError && error.code === 'invalid_blocks';
