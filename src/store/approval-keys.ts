import { type Approval, isOpen } from '../policy/approval.ts';
import { type Operation, writeDocument } from './commit.ts';
import { key } from './keys.ts';

export const OPEN_KEY = key('approvals', 'open');
export const UNTOLD_KEY = key('approvals', 'untold');
export const BREAKER_KEY = key('approvals', 'breaker');
export const recordKey = (id: string) => key('approval', id);
export const batchKey = (id: string) => key('approval-batch', id);
/** Which request is open for a pod: a document, so that of two at once one is refused. */
export const podKey = (podId: string) => key('approval-pod', podId);

export const podWrites = ({ id, podId, status }: Approval, podRev: number): Operation[] => [
  writeDocument(podKey(podId), podRev + 1, { rev: podRev + 1, open: isOpen(status) ? id : null }),
];

export const untold = ({ batch: id }: Approval): Operation[] => [['SADD', UNTOLD_KEY, id]];
