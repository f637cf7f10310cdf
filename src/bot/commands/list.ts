import { helpFor, whoami } from './about.ts';
import { audit } from './audit.ts';
import { balance, budget, cost } from './costs.ts';
import type { Command } from './declare.ts';
import { gpus, list, show } from './fleet.ts';
import { health } from './health.ts';
import { launch } from './launch.ts';
import { link, unlink } from './link.ts';
import { notify } from './notify.ts';
import { claim } from './owning.ts';
import { start, stop } from './stop-start.ts';
import { terminate } from './terminate.ts';
import { snooze, warnings } from './warnings.ts';

const help = helpFor(() => COMMANDS);

/** Every command, in the order of help. */
// biome-ignore lint/suspicious/noExplicitAny: each command has its own arguments, and parses them itself.
export const COMMANDS: readonly Command<any>[] = [
  launch,
  list,
  show,
  stop,
  start,
  terminate,
  warnings,
  claim,
  snooze,
  notify,
  cost,
  balance,
  budget,
  gpus,
  health,
  audit,
  link,
  unlink,
  whoami,
  help,
];
