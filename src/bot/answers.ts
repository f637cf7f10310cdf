import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../jobs/ports.ts';
import { type AccountId, chatOf } from '../policy/identity.ts';
import { storeIsAway } from '../store/connect.ts';
import type { Replies } from '../store/replies.ts';
import { ChatError } from './failure.ts';
import { ChatUnavailable, type Front } from './front.ts';
import { bold, card, code, fields, type Message, note, type Span, text } from './message/message.ts';
import { plainly } from './views/no-place.ts';

/** Between tries to write that an answer was given, ms. */
const RETRY_MS = 1000;

const connections = z.object({
  name: z.string(),
  status: z.string(),
  image: z.string().nullable(),
  ssh: z.object({ direct: z.string().nullable(), proxy: z.string().nullable() }),
  services: z.array(z.object({ port: z.number(), url: z.string() })),
  uptimeSeconds: z.number().nullable(),
  gpuUtil: z.array(z.number()),
});
const result = z.discriminatedUnion('view', [
  z.object({ view: z.literal('connect'), found: connections.nullable(), problem: z.string().nullable() }),
  /** An answer that the chat did not take at first. */
  z.object({ view: z.literal('message'), message: z.custom<Message>() }),
]);
type Result = z.infer<typeof result>;

/** What a chat refuses for a reason that may pass is tried again this often while its answer is kept, ms. */
const AGAIN_MS = 30_000;

/**
 * Gives one person what is owed to them: in their open answer, else by direct message. `accountsOf` are those that are
 * declared to be one person's. @throws ChatUnavailable, to be tried again.
 */
export async function giveAnswer(
  id: string,
  replies: Replies,
  fronts: ReadonlyMap<string, Front>,
  log: Pick<Log, 'warn'>,
  accountsOf: (account: AccountId) => readonly AccountId[] = () => [],
): Promise<void> {
  const pending = await replies.get(id);
  const front = pending ? fronts.get(pending.chat) : undefined;
  if (!pending || !front) return;
  const message = messageOf(pending.result);
  const { ref, account } = pending;
  const replied = ref !== null && (await isGiven((said) => front.reply(ref, said), message, log));
  const isReached = replied || (await isGiven((said) => front.direct(account, said), message, log, AGAIN_MS));
  // A button asks one account alone.
  if (!isReached && message.buttons.length === 0)
    await giveElsewhere(
      accountsOf(account).filter((other) => chatOf(other) !== pending.chat),
      message,
      fronts,
      log,
    );
  await markGiven(id, replies);
}

function messageOf(owed: unknown): Message {
  if (owed === null) throw new Error('nothing was found out yet');
  const { data } = result.safeParse(owed);
  // Silence would be worse.
  if (!data)
    return note('warn', 'Another release of Podwarden found this out, and this one cannot read it. Ask again.');
  return data.view === 'message' ? data.message : connectMessage(data);
}

/** To the first that can be reached of the same person's accounts in other chats. */
async function giveElsewhere(
  accounts: readonly AccountId[],
  message: Message,
  fronts: ReadonlyMap<string, Front>,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  for (const account of accounts) {
    const front = fronts.get(chatOf(account));
    if (front && (await isGiven((said) => front.direct(account, said), message, log, AGAIN_MS))) return;
  }
}

/** What was given is not given again because the store went away right after it: its job would begin anew. */
async function markGiven(id: string, replies: Replies): Promise<void> {
  try {
    await replies.done(id);
  } catch (error) {
    if (!storeIsAway(error)) throw error;
    await pause(RETRY_MS);
    await markGiven(id, replies);
  }
}

/** False where this way is closed for good. `againMs` where there is no other way to wait for less. */
async function isGiven(
  give: (message: Message) => Promise<void>,
  message: Message,
  log: Pick<Log, 'warn'>,
  againMs: number | null = null,
): Promise<boolean> {
  try {
    await give(message).catch((error: unknown) => {
      if (!(error instanceof ChatError) || error.failure.kind !== 'bad-payload') throw error;
      return give(plainly(message));
    });
    return true;
  } catch (error) {
    if (!(error instanceof ChatError) || error instanceof ChatUnavailable) throw error;
    const { kind } = error.failure;
    if (againMs !== null && (kind === 'disowned' || kind === 'unknown')) {
      throw new ChatUnavailable(error.message, againMs, error.code);
    }
    log.warn({ error: error.message }, 'an answer was refused for good');
    return false;
  }
}

function connectMessage({ found, problem }: Extract<Result, { view: 'connect' }>): Message {
  if (problem !== null) return note('bad', `RunPod could not be read: ${problem}.`);
  if (!found) return note('warn', 'RunPod does not show that pod right now. It may have ended.');
  if (found.ssh.direct === null && found.ssh.proxy === null && found.services.length === 0) {
    return note('warn', `${found.name} cannot be reached yet: RunPod calls it ${found.status} and maps no ports.`);
  }
  const ssh: [string, ...(Span | string)[]][] = [];
  if (found.ssh.direct) ssh.push(['SSH, with scp and rsync', code(found.ssh.direct)]);
  if (found.ssh.proxy) ssh.push(['SSH by proxy, shell only', code(found.ssh.proxy)]);
  const links = found.services.flatMap(({ port, url }, i): (Span | string)[] => [
    i === 0 ? '' : '\n',
    bold(String(port)),
    ' ',
    { kind: 'link', text: url, url },
  ]);
  return card(`Connect to ${found.name}`, 'info', [
    ...(ssh.length > 0 ? [fields(...ssh)] : []),
    ...(links.length > 0 ? [text(...links)] : []),
    text('Service addresses are public without a login, and ports change at every start: read them again then.'),
  ]);
}
