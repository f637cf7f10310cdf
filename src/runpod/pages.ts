import { z } from 'zod';
import type { Call, Caller } from './call.ts';
import { RunpodUnexpected } from './errors.ts';
import { type Kind, type Rows, readRows, whole } from './rows.ts';

/** How long the pages of one list may take, real ms: a cursor that goes on for ever ends here, however small its pages. */
const LIST_MS = 120_000;

const pagination = z.object({ hasNextPage: z.boolean(), nextCursor: z.string().nullish() });

export type ListCall = Pick<Call, 'name' | 'urgent' | 'signal'> & {
  path: string;
  query?: Record<string, string>;
};

/**
 * Every row of a list. A page may hold fewer rows than asked for: only `hasNextPage` ends the loop. A cursor seen twice is
 * an error, and so are fewer rows than the reply itself counts: half a list is never given for a whole one.
 */
export async function readPages<S extends z.ZodType>(
  caller: Caller,
  { path, query = {}, ...call }: ListCall,
  list: string,
  kind: Kind<S>,
): Promise<Rows<z.infer<S>>> {
  const { settings } = caller;
  const page = z.object({
    [list]: z.array(z.unknown()),
    pagination: pagination.nullish(),
    metadata: z.object({ recordCount: whole }).nullish().catch(null),
  });
  const until = settings.now() + LIST_MS;
  const values: unknown[] = [];
  const seen = new Set<string>();
  let cursor: string | null = null;
  while (settings.now() <= until) {
    const params = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) }).toString();
    const url = `${settings.baseUrl}${path}${params === '' ? '' : `?${params}`}`;
    const reply = await caller.json({ ...call, method: 'GET', url, repeat: 'safe' }, page);
    values.push(...(reply[list] as unknown[]));
    const next = reply.pagination as z.infer<typeof pagination> | null | undefined;
    if (!next?.hasNextPage) {
      const counted = (reply.metadata as { recordCount: number } | null | undefined)?.recordCount ?? 0;
      if (counted <= values.length) return readRows(values, kind);
      throw new RunpodUnexpected(`the reply counts ${counted} records and holds ${values.length}`, { call: call.name });
    }
    cursor = next.nextCursor ?? null;
    if (cursor === null || seen.has(cursor)) throw new RunpodUnexpected('the list does not end', { call: call.name });
    seen.add(cursor);
  }
  throw new RunpodUnexpected(`the list does not end within ${LIST_MS / 1000} s`, { call: call.name });
}
