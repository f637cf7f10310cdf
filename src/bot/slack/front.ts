import { setTimeout as pause } from 'node:timers/promises';
import {
  App,
  type BlockAction,
  type ReceiverEvent,
  SocketModeReceiver,
  type ViewSubmitAction,
  webApi,
} from '@slack/bolt';
import type { SlackSettings } from '../../config/settings.ts';
import type { Log } from '../../jobs/ports.ts';
import type { AccountId, Place } from '../../policy/identity.ts';
import { type Attempted, ChatError, isDisowned } from '../failure.ts';
import { ChatUnavailable, type Front, type Inbox, type PlaceRights, type PostOptions, type Taken } from '../front.ts';
import { type Message, note } from '../message/message.ts';
import { Pulse } from '../pulse.ts';
import { Reasons } from '../reasons.ts';
import { slackError } from './failures.ts';
import { type Call, Files } from './files.ts';
import { clickFrom, commandFrom, type FormMetadata, mentionFrom, type SlackReply, submitFrom } from './incoming.ts';
import { problemsAck, renderModal } from './modal.ts';
import { readGroups, readMember } from './people.ts';
import { Posts, type SlackRef } from './posts.ts';
import { Privately } from './privately.ts';
import { quiet } from './quiet-log.ts';
import { slackUser } from './render.ts';
import { rightsFrom, rightsWithout, SHOWN } from './rights.ts';
import { Socket } from './socket.ts';

const NOT_OPENED =
  'Slack did not open the form: Podwarden was too slow, or Slack refused it. Nothing was requested. Try again.';
/** Pauses between tries to reach Slack at the start, ms. */
const START_PAUSE_MS = 2000;

export class SlackFront implements Front {
  readonly chat = 'slack';
  readonly hasDialogs = true;
  readonly shownInRights = SHOWN;
  readonly showsWaiting = false;
  readonly pulse: Pulse;
  private readonly settings: SlackSettings;
  private readonly log: Log;
  private readonly web: webApi.WebClient;
  private readonly privately: Privately;
  private readonly posts: Posts;
  private socket: Socket | null = null;
  private team = '';
  /** The workspace's own address; ends in a slash. */
  private url = '';

  private readonly reasons: Reasons;

  private readonly unknownPauseMs: number | undefined;

  /**
   * `onKnown`: Slack knows us no more (`reason`), or again (null). `unknownPauseMs`: between tries to connect meanwhile, real
   * ms.
   */
  constructor(
    settings: SlackSettings,
    log: Log,
    onKnown: (reason: string | null) => void,
    unknownPauseMs?: number,
    pulse = new Pulse(Date.now),
  ) {
    this.settings = settings;
    this.pulse = pulse;
    this.reasons = new Reasons(onKnown);
    this.unknownPauseMs = unknownPauseMs;
    this.log = log;
    this.web = new webApi.WebClient(settings.botToken, this.clientOptions());
    const call: Call = (run, attempted) => this.call(run, attempted);
    const files = new Files(this.web, call, log);
    this.posts = new Posts(this.web, call, files, log);
    this.privately = new Privately(this.web, call, files, log);
  }

  /** A fresh object each time: Bolt's receiver writes into what it is given. No retries: jobs know what may be repeated. */
  private clientOptions(): webApi.WebClientOptions {
    return {
      ...(this.settings.apiUrl === null ? {} : { slackApiUrl: this.settings.apiUrl }),
      logger: quiet(this.log),
      timeout: 10_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    };
  }

  async start(inbox: Inbox): Promise<void> {
    const me = await this.whoWeAre();
    if (!me.bot_id || !me.user_id || !me.team_id) throw new Error('SLACK_BOT_TOKEN is not the token of a bot');
    this.team = me.team_id;
    this.url = me.url ?? '';
    const logger = quiet(this.log);
    const receiver = new SocketModeReceiver({
      appToken: this.settings.appToken,
      logger,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: this.clientOptions() },
    });
    const app = new App({
      receiver,
      token: this.settings.botToken,
      botId: me.bot_id,
      botUserId: me.user_id,
      convoStore: false,
      logger,
      clientOptions: this.clientOptions(),
    });
    app.error(async (error) => this.log.error({ code: error.code, error: error.message }, 'Slack handler'));
    this.listen(app, inbox);
    const onSocket = (reason: string | null) => this.reasons.told('socket', reason);
    this.socket = new Socket(receiver, this.log, this.pulse, onSocket, this.unknownPauseMs);
    await this.socket.start();
  }

  /** Waits for Slack where it is away. @throws where it is there, and does not know the token. */
  private async whoWeAre(): Promise<webApi.AuthTestResponse> {
    for (;;) {
      try {
        return await this.call(() => this.web.auth.test());
      } catch (error) {
        if (!(error instanceof ChatUnavailable)) throw error;
        this.log.warn({ error: error.message }, 'Slack is not reachable yet');
        await pause(Math.max(START_PAUSE_MS, error.retryAfterMs));
      }
    }
  }

  /** All are acknowledged empty, at once: answers go to their response address. A redelivery is acknowledged too. */
  private listen(app: App, inbox: Inbox): void {
    app.command('/pod', async ({ ack, body }) => {
      const incoming = commandFrom(body);
      const taken = await inbox.take({ kind: 'command', incoming });
      await this.acknowledge(taken, ack);
      await this.follow(taken, { id: body.trigger_id, channel: incoming.place.channel });
    });
    app.view<ViewSubmitAction>(/^v1\./, async ({ ack, body }) => {
      const incoming = submitFrom(body);
      const found = await inbox.problems(incoming);
      if (found) return ack(problemsAck(found.problems));
      const taken = await inbox.take({ kind: 'submit', incoming });
      await this.acknowledge(taken, ack);
      await this.follow(taken, null);
    });
    holdMentionsBack(app);
    app.event('app_mention', async ({ event, body, context }) => {
      const incoming = mentionFrom(event, body.event_id, this.team);
      if (!incoming) return;
      const taken = await inbox.take({ kind: 'command', incoming });
      await this.acknowledge(taken, context.acknowledge as ReceiverEvent['ack']);
      await this.follow(taken, null);
    });
    app.action<BlockAction>(/^v1\./, async ({ ack, body }) => {
      const incoming = clickFrom(body, (token) => inbox.keeps(token));
      if (!incoming) return ack();
      const taken = await inbox.take({ kind: 'click', incoming });
      await this.acknowledge(taken, ack);
      await this.follow(taken, { id: body.trigger_id, channel: incoming.place.channel });
    });
  }

  /** Slack may have had it where its socket broke just then: what is written is carried out, and its answer shows that. */
  private async acknowledge(taken: Taken, ack: () => Promise<void>): Promise<void> {
    await ack().catch((error: Error) => {
      this.log.warn({ error: error.message, ours: taken.ours }, 'an acknowledgement did not go through');
    });
  }

  /** `trigger` opens a form; null where the event brings none. */
  private async follow(taken: Taken, trigger: { id: string; channel: string } | null): Promise<void> {
    if (!taken.ours || !(await taken.acknowledged())) return;
    if (trigger && taken.opensForm) await this.openForm(trigger, taken);
    else await taken.run();
  }

  /** A trigger lives three seconds, and is used once. */
  private async openForm({ id, channel }: { id: string; channel: string }, taken: Taken): Promise<void> {
    const opening = await taken.open();
    if ('message' in opening) return taken.say(opening.message);
    const metadata = JSON.stringify({ kept: opening.kept, channel } satisfies FormMetadata);
    try {
      await this.call(() => this.web.views.open({ trigger_id: id, view: renderModal(opening.form, metadata) }));
    } catch (error) {
      this.log.warn({ error: (error as Error).message }, 'a form could not be opened');
      const isSaid = error instanceof ChatError && !['wait', 'answered'].includes(error.failure.kind);
      return taken.say(
        note(
          'warn',
          isSaid ? NOT_OPENED : 'Slack did not say whether the form opened. If you do not see it, try again.',
        ),
      );
    }
    await taken.done();
  }

  async pause(): Promise<void> {
    await this.socket?.stop();
  }

  async stop(): Promise<void> {
    await this.socket?.stop();
  }

  post(to: Place, message: Message, options: PostOptions): Promise<SlackRef> {
    return this.pulse.posted(this.posts.post(to, message, options));
  }

  edit(ref: unknown, message: Message): Promise<void> {
    return this.pulse.posted(this.posts.edit(ref as SlackRef, message));
  }

  remove(ref: unknown): Promise<void> {
    return this.posts.remove(ref as SlackRef);
  }

  find(to: Place, options: Pick<PostOptions, 'marker' | 'thread'>): Promise<SlackRef | null> {
    return this.posts.find(to, options);
  }

  reply(ref: unknown, message: Message): Promise<void> {
    return this.privately.reply(ref as SlackReply, message);
  }

  async direct(account: AccountId, message: Message): Promise<void> {
    await this.pulse.posted(this.privately.direct(userOf(account), message));
  }

  /** Slack takes a person's id where it takes a channel's, and opens the conversation with the first message. */
  async directPlace(account: AccountId): Promise<Place> {
    return { chat: this.chat, channel: userOf(account) };
  }

  link(ref: unknown): string | null {
    const { channel, ts, thread } = ref as SlackRef;
    if (this.url === '') return null;
    const inThread = thread === undefined ? '' : `?thread_ts=${thread}&cid=${channel}`;
    return `${this.url}archives/${channel}/p${ts.replace('.', '')}${inThread}`;
  }

  member(account: AccountId) {
    return this.call(() => readMember(this.web, this.team, account));
  }

  groupMembers(groups: readonly string[]) {
    return this.call(() => readGroups(this.web, groups));
  }

  async rights({ channel }: Place): Promise<PlaceRights | null> {
    const read = this.call(() => this.web.conversations.info({ channel }), 'channel');
    return read.then(rightsFrom, rightsWithout);
  }

  /** Errors of Slack as what a job can act on. */
  private async call<T>(run: () => Promise<T>, attempted: Attempted = 'other'): Promise<T> {
    try {
      const answer = await run();
      // The token is good for something: the socket says whether events come in.
      this.reasons.told('token', null);
      return answer;
    } catch (error) {
      const refused = slackError(error, attempted);
      if (isDisowned(refused) && this.socket) this.reasons.told('token', (refused as Error).message);
      throw refused;
    }
  }
}

/** Bolt acknowledges events before anybody hears of them: a mention is to be written first. */
function holdMentionsBack(app: App): void {
  const handle = app.processEvent.bind(app);
  app.processEvent = async (event) => {
    if (event.body.event?.type !== 'app_mention') return handle(event);
    let acknowledging: Promise<void> | null = null;
    const acknowledge = async () => {
      acknowledging ??= event.ack();
      await acknowledging;
    };
    await handle({ ...event, ack: async () => {}, customProperties: { ...event.customProperties, acknowledge } });
    // What is nothing to us comes again otherwise.
    await acknowledge();
  };
}

function userOf(account: AccountId): string {
  const user = slackUser([account]);
  if (user === null) throw new Error('not an account on Slack');
  return user;
}
