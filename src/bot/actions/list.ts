import { cost, csvFile, digestDetail, share } from './costs.ts';
import type { Action } from './declare.ts';
import { claim, claimAll, claimFound, disown, snooze, stopFound, terminateFound, topUp } from './findings.ts';
import { allowLaunch, denyLaunch, pick, relaunch } from './launching.ts';
import { linkAdmit, linkConfirm, linkRefuse } from './links.ts';
import { connect, more, start, stop, stopAll, unlockStop } from './pods.ts';
import { approve, cancel, deny, release, stopAsked, unlockAsked } from './requests.ts';
import { askAgain, terminate, terminateOf } from './terminating.ts';

export const ACTIONS: readonly Action[] = [
  pick,
  relaunch,
  allowLaunch,
  denyLaunch,
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
  terminateOf,
  snooze,
  topUp,
  claim,
  claimFound,
  claimAll,
  disown,
  stopFound,
  terminateFound,
  cost,
  share,
  csvFile,
  digestDetail,
  linkConfirm,
  linkRefuse,
  linkAdmit,
];
