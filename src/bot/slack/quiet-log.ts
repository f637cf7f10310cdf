import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../../jobs/ports.ts';

/** Bolt logs bodies at its lower levels: only warnings and errors pass. */
export function quiet(log: Log): Logger {
  const say =
    (level: 'warn' | 'error') =>
    (...parts: unknown[]) => {
      log[level](
        { from: 'slack' },
        parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' '),
      );
    };
  return {
    debug: () => {},
    info: () => {},
    warn: say('warn'),
    error: say('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
