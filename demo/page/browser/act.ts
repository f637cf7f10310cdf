import type { Answer, Suggestion } from '../protocol.ts';
import type { Act, Suggest } from '../requests.ts';

const LOST = 'The demo does not answer. Is it still running?';

async function post<T>(path: string, body: unknown): Promise<Answer<T>> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) return { ok: false, problem: await response.text() };
    return (await response.json()) as Answer<T>;
  } catch {
    return { ok: false, problem: LOST };
  }
}

/** Does something on the page; ends when the platform acknowledged it. */
export const doAct = (act: Act) => post<null>('/act', act);

export const askSuggestions = (asked: Suggest) => post<Suggestion[]>('/suggest', asked);
