import type { Guard } from './guard.ts';

const SCANS = 'test/scans/rows.test.ts';
const LISTS = 'test/runpod/rows.test.ts';

/** What RunPod's lists show in part, or not at all. */
export const ROW_GUARDS: readonly Guard[] = [
  {
    guard: 'nothing is deleted on what does not read',
    file: 'src/jobs/terminate-pod.ts',
    without: '  if (hidden.length > 0) return end(record, refusedMove(record, unreadText(hidden), now), context);\n',
    test: 'test/jobs/uncomparable.test.ts',
    name: 'is not deleted where its imageMark does not read',
  },
  {
    guard: 'what was last confirmed is no comparison',
    file: 'src/jobs/confirmed-reads.ts',
    without: ', guessed: pod.guessed }',
    to: ' }',
    test: SCANS,
    name: 'what was approved is compared with what was last confirmed',
  },
  {
    guard: 'a row without an id may be the pod that is missing',
    file: 'src/jobs/gone.ts',
    without: '(hasNameless(unread) || unread.some(({ id }) => id === podId))',
    to: 'false',
    test: SCANS,
    name: 'no pod is proven gone while a row of the list has no id',
  },
  {
    guard: 'a row without a name may be the launch that is looked for',
    file: 'src/jobs/settle.ts',
    without: "    if (mayHide(list, others)) return 'unreadable';\n",
    test: SCANS,
    name: 'a launch is not taken for absent while a row may be it',
  },
  {
    guard: 'half a bill is not taken for a whole one',
    file: 'src/runpod/pages.ts',
    without: 'if (counted <= values.length) return',
    to: 'if (counted >= 0) return',
    test: LISTS,
    name: 'a bill that counts more records than it holds is refused',
  },
  {
    guard: 'members of clusters are asked for',
    file: 'src/runpod/pods.ts',
    without: "query: { includeClusterPods: 'true' }, ",
    test: SCANS,
    name: 'is listed, marked, and counted in what is spent',
  },
  {
    guard: 'a claim that cannot be read is not taken for none',
    file: 'src/store/owners.ts',
    without: 'if (Object.hasOwn(unreadable, podId)) throw',
    to: "if (podId === '') throw",
    test: 'test/store/unreadable.test.ts',
    name: 'leaves the other claims, and stands as it is where they change',
  },
];
