import { setTimeout as pause } from 'node:timers/promises';
import type { HttpAnswer } from '../http.ts';

/**
 * What becomes of the answer to a first answer that Discord took: it comes after the bot stopped waiting, the connection
 * is reset, or a gateway in between says 502. `unknown`: Discord knows it no more.
 */
export type LostAnswer = 'late' | 'reset' | '502' | 'unknown';
/** Longer than a bot may wait that is to answer within three seconds. */
const LATE_MS = 3000;

export async function lost(how: LostAnswer | undefined, answer: HttpAnswer | 'drop'): Promise<HttpAnswer | 'drop'> {
  if (how === 'reset') return 'drop';
  if (how === '502') return { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502 Bad Gateway</h1>' };
  if (how === 'unknown') return { status: 404, body: { code: 10_062, message: 'Unknown interaction' } };
  if (how === 'late') await pause(LATE_MS);
  return answer;
}
