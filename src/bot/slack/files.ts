import { setTimeout as pause } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';
import type { Attempted } from '../failure.ts';
import { ChatUnavailable } from '../front.ts';
import type { Message } from '../message/message.ts';

/** Until a file was processed, a message that shows it is refused: it is asked for so often, after so long each. */
const PROCESSED_TRIES = 10;
const PROCESSED_PAUSE_MS = 300;
const UPLOAD_TIMEOUT_MS = 20_000;

/** Where a file is shown by itself; without it nobody sees the file until a message does. */
export interface SharedIn {
  channel: string;
  thread?: string;
}

/** Runs a call, and turns Slack's errors into what a job can act on. */
export type Call = <T>(run: () => Promise<T>, attempted?: Attempted) => Promise<T>;

/** Slack's external upload: an address, the bytes, and the completion. */
export class Files {
  private readonly web: webApi.WebClient;
  private readonly call: Call;
  private readonly log: Log;

  constructor(web: webApi.WebClient, call: Call, log: Log) {
    this.web = web;
    this.call = call;
    this.log = log;
  }

  /** Ids of a message's images in their order. No image is worth a message: where one cannot be sent, there is none. */
  async images(message: Message): Promise<string[]> {
    const ids: string[] = [];
    for (const block of message.blocks) {
      if (block.kind !== 'image') continue;
      try {
        const id = await this.send(block.name, Buffer.from(block.png, 'base64'), block.alt);
        await this.processed(id);
        ids.push(id);
      } catch (error) {
        this.log.warn({ error: (error as Error).message }, 'an image could not be sent to Slack');
        return [];
      }
    }
    return ids;
  }

  /** The images once more, as messages of their own: what shows them was refused. */
  async share(message: Message, to: SharedIn): Promise<void> {
    for (const block of message.blocks) {
      if (block.kind === 'image') await this.send(block.name, Buffer.from(block.png, 'base64'), block.alt, to);
      if (block.kind === 'file') await this.send(block.name, Buffer.from(block.text), '', to);
    }
  }

  private async send(name: string, bytes: Buffer, alt: string, to?: SharedIn): Promise<string> {
    const address = await this.call(() =>
      this.web.files.getUploadURLExternal({
        filename: name,
        length: bytes.length,
        ...(alt === '' ? {} : { alt_txt: alt }),
      }),
    );
    const { upload_url: url, file_id: id } = address;
    if (!url || !id) throw new Error('Slack gave no address for an upload');
    const sent = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new ChatUnavailable(`Slack: ${error.message}`, 0);
    });
    if (!sent.ok) throw new ChatUnavailable(`Slack’s upload address answered ${sent.status}`, 0);
    const files: [{ id: string; title: string }] = [{ id, title: name }];
    await this.call(() =>
      this.web.files.completeUploadExternal(
        to === undefined
          ? { files }
          : { files, channel_id: to.channel, ...(to.thread === undefined ? {} : { thread_ts: to.thread }) },
      ),
    );
    return id;
  }

  private async processed(id: string): Promise<void> {
    for (let tries = 0; tries < PROCESSED_TRIES; tries++) {
      const info = await this.call(() => this.web.files.info({ file: id }));
      if (info.file?.mimetype) return;
      await pause(PROCESSED_PAUSE_MS);
    }
  }
}
