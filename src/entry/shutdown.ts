import type { Log } from '../jobs/ports.ts';

/** The first signal ends running work within its deadline; the second exits at once. */
export function onSignals(log: Log, close: () => Promise<void>): void {
  let closing = false;
  const handle = (signal: NodeJS.Signals) => {
    if (closing) process.exit(1);
    closing = true;
    log.info({ signal }, 'closing: running jobs end first; a second signal exits at once');
    close().then(
      () => process.exit(process.exitCode ?? 0),
      (error: Error) => {
        log.error({ error: error.message }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}
