import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { type Attempted, type Failure, isNetworkError } from '../failure.ts';
import { ChatUnavailable, refusal } from '../front.ts';

type Table = [failure: Failure, codes: number[]][];

/** Discord's JSON error codes by what they mean. Source: `emulators/discord/data/README.md`. */
const CODES: Table = [
  // Rate limits under other names, and what Discord asks to try again.
  [
    { kind: 'wait', ms: null },
    [
      20016, 20022, 20028, 20029, 30034, 30037, 30040, 30042, 30046, 40003, 40004, 40006, 40062, 40333, 110000, 110001,
      130000, 530006,
    ],
  ],
  // Archived, locked, and full: of participants, or the server of threads.
  [{ kind: 'thread-closed' }, [30033, 50083, 160005, 160006, 160007]],
  // Unknown, not shown to us, no place for messages, forums, verification.
  [{ kind: 'channel-closed' }, [10003, 50001, 50003, 50008, 50009, 50024, 40058, 40066, 40067]],
  // Messages, and the addresses of answers to interactions.
  [{ kind: 'message-gone' }, [10008, 10015, 10062, 40043, 40094, 50005, 50021, 50027, 50162, 520003]],
  [{ kind: 'right-missing', right: null }, [20001, 20012, 20018, 50013, 50026, 50097, 50101, 20015, 20035]],
  [{ kind: 'right-missing', right: 'Read Message History' }, [160002, 160014]],
  [{ kind: 'right-missing', right: 'Attach Files' }, [400001]],
  [{ kind: 'disowned', by: 'token' }, [10012, 40001, 40002, 40012, 50002, 50014, 50017, 50025, 50178, 60003]],
  [{ kind: 'disowned', by: 'app' }, [10002, 50010]],
  [{ kind: 'disowned', by: 'server' }, [10004, 50055, 50095, 340015]],
  [{ kind: 'person-unreachable' }, [10001, 10007, 10013, 40007, 50007, 50033, 50278]],
  // An interaction, or the thread of a message.
  [{ kind: 'answered' }, [40060, 160004]],
  // What the bodies of messages, forms, files and commands are refused for.
  [
    { kind: 'bad-payload' },
    [
      20009, 20031, 30015, 30032, 40005, 40041, 50006, 50035, 50041, 50045, 50046, 50067, 50068, 50085, 50109, 50110,
      50123, 50146, 50151, 200000, 200001, 240000,
    ],
  ],
  // Of calls that the bot never makes.
  [
    { kind: 'bad-payload' },
    [
      10005, 10006, 10009, 10010, 10011, 10014, 10016, 10020, 10021, 10026, 10027, 10028, 10029, 10030, 10031, 10032,
      10033, 10036, 10038, 10049, 10050, 10057, 10059, 10060, 10061, 10063, 10065, 10066, 10067, 10068, 10069, 10070,
      10071, 10087, 10097, 10124, 10129, 20002, 20024, 30001, 30002, 30003, 30004, 30005, 30007, 30008, 30010, 30011,
      30013, 30016, 30018, 30019, 30030, 30031, 30035, 30038, 30039, 30045, 30047, 30048, 30052, 30056, 30058, 30060,
      30061, 40009, 40018, 40019, 40032, 40033, 40061, 40074, 50004, 50011, 50012, 50015, 50016, 50019, 50020, 50028,
      50034, 50036, 50039, 50054, 50057, 50070, 50073, 50074, 50080, 50081, 50084, 50086, 50091, 50124, 50131, 50132,
      50138, 50144, 50145, 50159, 50160, 50161, 50163, 50167, 50173, 50192, 50600, 80004, 90001, 90002, 150006, 170001,
      170002, 170003, 170004, 170005, 170006, 170007, 180000, 180002, 220001, 220002, 220003, 220004, 350000, 350001,
      500000, 520000, 520001, 520002, 520004, 520006, 530000, 530001, 530002, 530003, 530004, 530007,
    ],
  ],
];

/** Codes that the typings know and the documentation does not (discord-api-types 0.38). */
const UNDOCUMENTED: Table = [
  [{ kind: 'right-missing', right: null }, [20017]],
  [{ kind: 'right-missing', right: 'Read Message History' }, [160009]],
  [{ kind: 'bad-payload' }, [160010]],
];

const byCode = (table: Table) =>
  new Map(table.flatMap(([failure, codes]) => codes.map((code): [number, Failure] => [code, failure])));

const BY_CODE: ReadonlyMap<number, Failure> = byCode([...CODES, ...UNDOCUMENTED]);

/** All codes that have a class; 0 says nothing by itself, and counts by its HTTP status. */
export const classed: readonly number[] = [0, ...byCode(CODES).keys()];
export const undocumented: readonly number[] = [...byCode(UNDOCUMENTED).keys()];

/** What is said of a channel, and is true of a thread alone: it was deleted, or we lack a right there. Its message too. */
const OF_A_THREAD: readonly number[] = [10003, 10008, 50001, 50008, 50013, 50024];
const UNKNOWN_CHANNEL = 10003;

/** `code` 0 where the body named none: a general error, or a page that is not Discord's. */
export function discordFailure(code: number, status: number, attempted: Attempted): Failure {
  if (attempted === 'thread' && OF_A_THREAD.includes(code)) return { kind: 'thread-closed' };
  // A thread that was deleted with its messages: whether its channel is there, the next post shows.
  if (attempted === 'edit' && code === UNKNOWN_CHANNEL) return { kind: 'message-gone' };
  const failure = code === 0 ? discordHttpFailure(status) : (BY_CODE.get(code) ?? { kind: 'unknown' });
  const closed = failure.kind === 'channel-closed' || failure.kind === 'right-missing';
  return attempted === 'person' && closed ? { kind: 'person-unreachable' } : failure;
}

/** Of an answer of Discord's own without a code. */
export function discordHttpFailure(status: number): Failure {
  if (status === 401) return { kind: 'disowned', by: 'token' };
  if (status === 403) return { kind: 'right-missing', right: null };
  if (status === 429 || status >= 500) return { kind: 'wait', ms: null };
  return status >= 400 ? { kind: 'bad-payload' } : { kind: 'unknown' };
}

/** Why the gateway closed the connection. Codes below 4000 are of the network. */
export function gatewayFailure(code: number): Failure {
  switch (code) {
    case 4004:
      return { kind: 'disowned', by: 'token' };
    // Shards, the API's version, and intents that are none: only another version of the bot helps.
    case 4010:
    case 4011:
    case 4012:
    case 4013:
      return { kind: 'bad-payload' };
    case 4014:
      return { kind: 'right-missing', right: 'Privileged Gateway Intents' };
    default:
      return { kind: 'wait', ms: null };
  }
}

/** Runs a call, and turns Discord's errors into what a job can act on. */
export type Calling = <T>(run: () => Promise<T>, attempted?: Attempted) => Promise<T>;

/** Errors of Discord as what a job can act on. */
export async function calling<T>(run: () => Promise<T>, attempted: Attempted = 'other'): Promise<T> {
  let answer: T;
  try {
    answer = await run();
  } catch (error) {
    throw discordError(error, attempted);
  }
  // The client takes any 200 for Discord's, and hands out what is no JSON as bytes.
  if (answer instanceof ArrayBuffer && answer.byteLength > 0) throw new ChatUnavailable(NOT_DISCORDS, 0);
  return answer;
}

const NOT_DISCORDS = 'Discord: the answer is not Discord’s';

function discordError(error: unknown, attempted: Attempted): unknown {
  if (error instanceof RateLimitError) return new ChatUnavailable('rate limited by Discord', error.retryAfter);
  if (error instanceof HTTPError) return new ChatUnavailable(`Discord: ${error.status} ${error.message}`, 0);
  if (error instanceof DiscordAPIError) {
    const code = Number(error.code);
    // A page of a proxy has no code.
    if (Number.isNaN(code)) return new ChatUnavailable(`${NOT_DISCORDS} (${error.status})`, 0);
    return refusal(`Discord: ${code} ${error.message}`, discordFailure(code, error.status, attempted), String(code));
  }
  return isNetworkError(error) ? new ChatUnavailable(`Discord: ${(error as Error).message}`, 0) : error;
}
