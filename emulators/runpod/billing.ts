import type { HttpAnswer, HttpCall } from '../http.ts';
import type { Account } from './account.ts';
import { problem } from './pods.ts';

const HOUR = 3_600_000;
const NOTHING = { totalAmount: 0, gpuAmount: 0, cpuAmount: 0, diskAmount: 0 };

/** By the hour alone, which is what the bot asks for. */
export function podBilling(call: HttpCall, account: Account): HttpAnswer {
  const { query } = call;
  if ((query.get('bucketSize') ?? 'day') !== 'hour') return problem(422, 'Request validation failed.', ['bucketSize']);
  const now = account.now();
  const from = query.get('startTime');
  const since = from === null ? now - 30 * 24 * HOUR : Date.parse(from);
  if (Number.isNaN(since)) return problem(422, 'Request validation failed.', ['startTime']);
  const podId = query.get('podId');
  const records = [...account.hours]
    .filter(([id]) => podId === null || id === podId)
    .flatMap(([id, hours]) =>
      [...hours]
        .filter(([start]) => start + HOUR > since)
        .map(([start, { gpu, disk }]) => ({
          startTime: new Date(start).toISOString(),
          endTime: new Date(start + HOUR).toISOString(),
          podId: id,
          totalAmount: gpu + disk,
          gpuAmount: gpu,
          cpuAmount: 0,
          diskAmount: disk,
        })),
    );
  const totals = records.reduce(
    (sum, one) => ({
      totalAmount: sum.totalAmount + one.totalAmount,
      gpuAmount: sum.gpuAmount + one.gpuAmount,
      cpuAmount: 0,
      diskAmount: sum.diskAmount + one.diskAmount,
    }),
    NOTHING,
  );
  const window = { startTime: new Date(since).toISOString(), endTime: new Date(now).toISOString() };
  const metadata = {
    query: { ...window, bucketSize: 'hour', podId },
    recordCount: records.length,
    uniquePodCount: new Set(records.map((one) => one.podId)).size,
    totals,
  };
  return { status: 200, body: { records, metadata } };
}
