/** A machine whose clock is this far from Redis's is named in the log and in health, ms. */
export const CLOCK_WARN_MS = 2000;
/** From here on it does nothing that costs money or data: whoever runs it has lost sight of it, ms. */
export const CLOCK_REFUSE_MS = 5 * 60_000;

/** `ahead`: how far the machine's clock is ahead of Redis's, ms. */
export function clockState(ahead: number): 'right' | 'off' | 'wrong' {
  const by = Math.abs(ahead);
  if (by > CLOCK_REFUSE_MS) return 'wrong';
  return by > CLOCK_WARN_MS ? 'off' : 'right';
}

/** "20 minutes fast", "3 seconds slow". */
export function clockText(ahead: number): string {
  return `${spanText(Math.abs(ahead))} ${ahead > 0 ? 'fast' : 'slow'}`;
}

const UNITS: [ms: number, word: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

/** In the largest unit of which there are two. */
function spanText(ms: number): string {
  const [size, word] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1000, 'second'];
  const count = Math.round(ms / size);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
