import type { Action } from './declare.ts';
import { pick, relaunch } from './launching.ts';
import { connect, more, start, stop, stopAll, unlockStop } from './pods.ts';
import { approve, askAgain, cancel, deny, release, stopAsked, terminate, unlockAsked } from './requests.ts';

export const ACTIONS: readonly Action[] = [
  pick,
  relaunch,
  stop,
  stopAll,
  unlockStop,
  start,
  connect,
  more,
  terminate,
  askAgain,
  approve,
  deny,
  cancel,
  release,
  stopAsked,
  unlockAsked,
];
