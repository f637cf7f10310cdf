import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes minutes begins first, however short its file is, so that no core idles at the end. Dialogues start many processes:
 * beside the longest of them stand files that start none.
 */
const LONGEST = ['test/demo/examples', 'test/scans/', 'test/costs/', 'test/cli', 'test/page/', 'test/demo/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((part) => moduleId.includes(part));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/page/without-chromium.ts'],
    // Dialogues start processes of their own; two files at a time fill two cores.
    maxWorkers: 2,
    maxConcurrency: 4,
    // Half of the time of short files goes into loading the same modules again. None of them has state.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
  },
});
