import type { Guard } from './guard.ts';

const SCANS = 'test/scans/rows.test.ts';

/** What RunPod's lists show in part, or not at all. */
export const ROW_GUARDS: readonly Guard[] = [
  {
    guard: 'a row without an id may be the pod that is missing',
    file: 'src/jobs/gone.ts',
    without: '(hasNameless(unread) || unread.some(({ id }) => id === podId))',
    to: 'false',
    test: SCANS,
    name: 'no pod is proven gone while a row of the list has no id',
  },
];
