const EVERY_MS = 60_000;
/** Of different messages that are told apart at once. */
const MAX_KINDS = 20;

/** Says each message that repeats itself at most once a minute, with how often it came. By the process's own steady clock. */
export function seldom(
  say: (message: string, times: number) => void,
  now: () => number = () => performance.now(),
): (message: string) => void {
  const said = new Map<string, { at: number; more: number }>();
  return (message) => {
    const before = said.get(message);
    if (before && now() - before.at < EVERY_MS) {
      before.more += 1;
      return;
    }
    if (said.size >= MAX_KINDS) said.clear();
    said.set(message, { at: now(), more: 0 });
    say(message, (before?.more ?? 0) + 1);
  };
}
