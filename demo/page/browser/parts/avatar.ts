const COLOURS: Record<string, string> = { alice: '#b45309', bob: '#1d4ed8', carol: '#0f766e', mallory: '#9f1239' };

/** Pictures of people and of the bot, drawn here: nothing is fetched from elsewhere. */
export function avatarUrl(name: string | null): string {
  const letter = (name ?? 'p').charAt(0).toUpperCase();
  const colour = name === null ? '#4f46e5' : (COLOURS[name] ?? '#475569');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="${colour}"/><text x="20" y="27" font-family="sans-serif" font-size="20" font-weight="700" fill="#fff" text-anchor="middle">${letter}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
