import type { webApi } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';
import { ChatUnavailable, refusal } from '../front.ts';
import { type Message, note } from '../message/message.ts';
import { unsent } from '../message/unsent.ts';
import { retryAfterMs, slackFailure, slackHttpFailure } from './failures.ts';
import type { Call, Files } from './files.ts';
import type { SlackReply } from './incoming.ts';
import { renderSlack } from './render.ts';

const REPLY_TIMEOUT_MS = 10_000;

/** What one person alone sees: answers in a channel, and direct messages. */
export class Privately {
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

  async reply(to: SlackReply, message: Message): Promise<void> {
    if (message.blocks.some(({ kind }) => kind === 'file')) return this.replyWithFile(to, message);
    if (!('url' in to)) return this.besideMention(to, message);
    const { url, replace, threadTs } = to;
    await respond(url, {
      ...renderSlack(message),
      response_type: 'ephemeral',
      replace_original: replace,
      ...(threadTs !== null && !replace ? { thread_ts: threadTs } : {}),
    });
  }

  /** False where a file of it did not go through, which is said beside it. `user` by Slack's id. */
  async direct(user: string, message: Message): Promise<boolean> {
    const body = renderSlack(message);
    const sent = await this.call(() => this.web.chat.postMessage({ channel: user, ...body }), 'person');
    // The answer names the conversation: files go there, and not to a person.
    const channel = sent.channel ?? user;
    try {
      await this.files.share(message, { channel });
      return true;
    } catch (error) {
      await this.sayUnsent(channel, message, error as Error);
      return false;
    }
  }

  /** A private answer in a channel holds no file. */
  private async replyWithFile(to: SlackReply, message: Message): Promise<void> {
    const isSent = await this.direct(to.user, message);
    const [file] = message.blocks.filter((block) => block.kind === 'file');
    const name = file?.name ?? 'The file';
    const there = note('good', `${name} is in your direct messages with me.`);
    const refused = note('warn', `Slack did not take ${name}. Press the button again, or ask your admin.`);
    await this.reply(to, isSent ? there : refused);
  }

  private async besideMention(
    { channel, user, threadTs }: { channel: string; user: string; threadTs: string | null },
    message: Message,
  ): Promise<void> {
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    await this.call(() => this.web.chat.postEphemeral({ channel, user, ...thread, ...renderSlack(message) }), 'person');
  }

  /** Once, beside the message that is there: sending all of it again would say it twice. */
  private async sayUnsent(channel: string, message: Message, error: Error): Promise<void> {
    this.log.warn({ error: error.message }, 'a file could not be sent to Slack');
    const body = renderSlack(unsent(message));
    await this.call(() => this.web.chat.postMessage({ channel, ...body }), 'person').catch((again: Error) => {
      this.log.warn({ error: again.message }, 'nor could that be said');
    });
  }
}

/** @throws ChatError where the address did not take it, or somebody in between answered. */
async function respond(url: string, body: object): Promise<void> {
  const { answer, said } = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REPLY_TIMEOUT_MS),
  })
    .then(async (response) => ({ answer: response, said: await response.text() }))
    .catch((error: Error) => {
      throw new ChatUnavailable(`Slack: ${error.message}`, 0);
    });
  if (!answer.ok) {
    const failure = slackHttpFailure(answer.status, retryAfterMs(answer.headers.get('retry-after')));
    throw refusal(`the response address answered ${answer.status}`, failure, String(answer.status));
  }
  if (/^\s*</.test(said)) throw new ChatUnavailable('Slack: the answer is not Slack’s', 0);
  const code = /^\s*\{.*"ok"\s*:\s*false/s.test(said) ? (/"error"\s*:\s*"(\w{1,80})"/.exec(said)?.[1] ?? '') : null;
  if (code !== null) throw refusal(`the response address answered ${code}`, slackFailure(code, 'other'), code);
}
