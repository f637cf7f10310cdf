import type { Log } from '../jobs/ports.ts';

const WINDOW_MS = 60_000;
/** The same line so often a minute says all that it has to say. */
const MOST = 5;
const MAX_LINES = 500;
type Level = 'warn' | 'error';

/** A fault that hits every call must not fill a disk: the same warning is written a few times a minute, then with a count. */
export function quieted(log: Log, now: () => number = () => performance.now()): Log {
  const lines = new Map<string, { since: number; count: number }>();
  const at = (level: Level) => (fields: object, text: string) => {
    const { error } = fields as { error?: unknown };
    const line = `${level} ${text} ${String(error ?? '').slice(0, 200)}`;
    const known = lines.get(line);
    const isOver = known !== undefined && now() - known.since >= WINDOW_MS;
    if (known && !isOver) {
      known.count += 1;
      if (known.count <= MOST) log[level](fields, text);
      return;
    }
    lines.delete(line);
    if (lines.size >= MAX_LINES) lines.clear();
    lines.set(line, { since: now(), count: 1 });
    const left = known ? known.count - MOST : 0;
    log[level](left > 0 ? { ...fields, leftOut: left } : fields, text);
  };
  return { debug: log.debug.bind(log), info: log.info.bind(log), warn: at('warn'), error: at('error') };
}
