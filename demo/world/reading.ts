/** Times as the demo's people read them: the room's clock is UTC. */
export function readMoment(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

const UNITS: [number, string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

export function readAgo(at: number, now: number): string {
  const far = Math.abs(now - at);
  for (const [ms, unit] of UNITS) {
    if (far < ms) continue;
    const count = Math.floor(far / ms);
    const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
    return at <= now ? `${text} ago` : `in ${text}`;
  }
  return 'just now';
}
