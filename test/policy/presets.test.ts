import { describe, expect, it } from 'vitest';
import { brokenPresets } from '../../src/policy/presets.ts';
import { CATALOGUE } from './catalogue.ts';

const DEFAULTS = {
  market: 'on-demand',
  image: 'team/image',
  template: null,
  diskGb: 50,
  volumeDiskGb: 20,
  volumePath: '/workspace',
  ports: [],
  startSsh: true,
  cloud: 'SECURE',
  spotCeiling: 1,
  maxDiskGb: 2000,
} as const;
const AROUND = {
  defaults: DEFAULTS,
  dataCenters: ['EU-RO-1'],
  networkVolumes: [{ id: 'v1', name: 'shared', sizeGb: 100, dataCenter: 'EU-RO-1' }],
  projects: ['vision'],
};
const problemsOf = (preset: object) => brokenPresets({ p: { gpu: 'a6000', ...preset } }, CATALOGUE, AROUND);

describe('brokenPresets', () => {
  it.each<[string, object, RegExp]>([
    ['a GPU type that is gone', { gpu: 'a1' }, /no GPU called a1/],
    ['a network volume that is gone', { volume: 'old-data' }, /old-data/],
    ['a region that is gone', { region: 'MARS-1' }, /MARS-1/],
    ['more GPUs than a pod can hold', { count: 1000 }, /at most/],
    ['a project that is not in the file', { project: 'nothing' }, /nothing/],
  ])('names %s, and what is wrong', (_, preset, problem) => {
    expect(problemsOf(preset)).toEqual([{ name: 'p', problem: expect.stringMatching(problem) }]);
  });

  it('finds nothing wrong with what can be launched, or is asked about at the launch', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ volume: 'shared', project: 'vision' })).toEqual([]);
    expect(problemsOf({ gpu: 'h100' })).toEqual([]);
  });

  it('accuses no preset where no catalog was ever read', () => {
    expect(brokenPresets({ p: { gpu: 'a1' } }, [], AROUND)).toEqual([]);
  });
});
