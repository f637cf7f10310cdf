import { type ChatFaults, faulted, isHttpStatus, refusedAs } from '../chat.ts';
import type { HttpAnswer, HttpCall } from '../http.ts';

/** Calls without which nobody could be in trouble. */
const EXEMPT = ['views.open', 'apps.connections.open'];

/** What `error:CODE:WHERE` may name. */
function named(method: string, params: URLSearchParams): string[] {
  const withButtons = /"type":"actions"/.test(params.get('blocks') ?? '') ? ['buttons'] : [];
  return ['any', ...withButtons, ...doing(method, params)];
}

/** The method, what it does, or whom it reads. */
function doing(method: string, params: URLSearchParams): string[] {
  if (method.startsWith('response/')) return ['reply'];
  if (method.startsWith('upload/')) return ['upload'];
  if (method === 'chat.update') return [method, 'edit'];
  if (method === 'chat.delete') return [method, 'remove'];
  if (method === 'users.info') return [method, `${method}.${params.get('user')}`];
  if (method !== 'chat.postMessage') return [method];
  if (/^[DUW]/.test(params.get('channel') ?? '')) return [method, 'direct'];
  return params.has('thread_ts') ? [method, 'post', 'thread'] : [method, 'post'];
}

/** What the fault switches answer instead of Slack; null where the call goes on. */
export async function slackFault(
  method: string,
  call: HttpCall,
  faults: ChatFaults,
): Promise<HttpAnswer | 'drop' | null> {
  const code = refusedAs(faults, named(method, new URLSearchParams(call.body.toString('utf8'))));
  if (code !== null) return refusal(code);
  const fault = EXEMPT.includes(method) ? null : await faulted(faults);
  if (fault === null) return null;
  if ('end' in fault) return fault.end;
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  return { status: fault.status, headers, body: { ok: false, error: 'ratelimited' } };
}

function refusal(error: string): HttpAnswer {
  if (isHttpStatus(error)) return { status: Number(error), body: 'upstream connect error' };
  const scopes = error === 'missing_scope' ? { needed: 'chat:write', provided: 'commands' } : {};
  return { status: 200, body: { ok: false, error, ...scopes } };
}
