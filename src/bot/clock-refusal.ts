import type { Clocks } from '../jobs/ports.ts';
import { clockState, clockText } from '../policy/clock.ts';
import { type Message, note } from './message/message.ts';

/**
 * What a bot does on any clock: it reads, and it ends things. Stop ends a bill and deletes no volume, Deny and Cancel keep a
 * pod; none is judged by a stamp, and each is somebody's way out. Whatever is not named here starts, spends, deletes or grants.
 */
const ON_ANY_CLOCK: ReadonlySet<string> = new Set([
  '/pod help',
  '/pod whoami',
  '/pod list',
  '/pod show',
  '/pod gpus',
  '/pod health',
  '/pod warnings',
  '/pod cost',
  '/pod balance',
  '/pod audit',
  '/pod stop',
  'stop',
  'stop-all',
  'stop-asked',
  'stop-found',
  'unlock-stop',
  'unlock-asked',
  'deny',
  'deny-launch',
  'cancel',
  'link-refuse',
  'connect',
  'more',
  'cost',
  'share',
  'csv',
  'digest',
]);

/** `what` is a command as `/pod <name>`, or the name of an action. Null where it may go on. */
export function clockRefusal(what: string, { ahead }: Pick<Clocks, 'ahead'>): Message | null {
  const difference = ahead?.() ?? 0;
  if (clockState(difference) !== 'wrong' || ON_ANY_CLOCK.has(what)) return null;
  return note(
    'bad',
    `I cannot do this now: the clock of the machine that the bot runs on is ${clockText(difference)}, and what you ask for depends on the time. ` +
      'Ask whoever runs Podwarden to set that machine’s clock (NTP), then try again. Stop, Deny and Cancel work meanwhile.',
  );
}
