import { type ChatFaults, faulted, isHttpStatus, refusedAs } from '../chat.ts';
import type { HttpAnswer, HttpCall } from '../http.ts';
import { tooMany } from './limits.ts';
import type { Server } from './state.ts';

/** What `error:CODE:WHERE` may name. */
function named(call: HttpCall, server: Server): string[] {
  const withButtons = /"components":\[\{/.test(call.body.toString('latin1')) ? ['buttons'] : [];
  return ['any', ...withButtons, ...doing(call, server)];
}

/** What a call does, and whom it reads. */
function doing({ method, path }: HttpCall, server: Server): string[] {
  if (path.endsWith('/callback')) return ['callback'];
  if (path.includes('/webhooks/')) return ['reply'];
  if (path.endsWith('/users/@me/channels')) return ['direct'];
  if (path.endsWith('/gateway/bot')) return ['gateway'];
  if (path.endsWith('/commands')) return ['commands'];
  if (path.endsWith('/threads')) return ['open-thread', 'thread'];
  if (path.includes('/members/')) return ['members', `members.${path.split('/').at(-1)}`];
  const [, id = '', message] = /\/channels\/(\d+)(\/messages)?/.exec(path) ?? [];
  if (message === undefined) return [method === 'GET' ? 'channel' : 'unarchive'];
  if (method === 'GET') return ['read'];
  if (method === 'PATCH') return ['edit'];
  if (method === 'DELETE') return ['remove'];
  const channel = server.channels.get(id);
  if (channel?.recipient) return ['direct'];
  return channel?.parent ? ['post', 'thread'] : ['post'];
}

/** What the fault switches answer instead of Discord; null where the call goes on. */
export async function discordFault(
  call: HttpCall,
  faults: ChatFaults,
  server: Server,
): Promise<HttpAnswer | 'drop' | null> {
  const code = refusedAs(faults, named(call, server));
  if (code !== null && isHttpStatus(code)) return { status: Number(code), body: { code: 0, message: 'upstream' } };
  if (code !== null) return refusal(Number(code));
  const exempt = call.path.endsWith('/callback') || call.path.endsWith('/gateway/bot');
  const fault = exempt ? null : await faulted(faults);
  if (fault === null) return null;
  if ('end' in fault) return fault.end;
  if (fault.retryAfter !== undefined) return tooMany(fault.retryAfter);
  return { status: fault.status, body: { code: 0, message: 'service unavailable' } };
}

/** As in Discord's answers: unknown things are not found, and what is not allowed is forbidden. */
const FORBIDDEN = [40_001, 40_002, 50_001, 50_007, 50_013, 50_278, 200_000];
const SLOWED = [20_016, 20_028, 20_029, 40_062];

function refusal(code: number): HttpAnswer {
  const body = { code, message: `refused by the emulator with ${code}` };
  if (code === 0) return { status: 401, body: { code, message: '401: Unauthorized' } };
  if (code >= 10_000 && code < 20_000) return { status: 404, body };
  if (FORBIDDEN.includes(code)) return { status: 403, body };
  return SLOWED.includes(code) ? tooMany(1) : { status: 400, body };
}
