import { describe, expect, it } from 'vitest';
import {
  decideLaunch,
  type LaunchRequest,
  type LaunchSurroundings,
  overLimit,
  reservedRate,
} from '../../src/policy/launch.ts';
import { gpuNamed } from './catalogue.ts';

const request = (more: Partial<LaunchRequest> = {}): LaunchRequest => ({
  gpu: gpuNamed('RTX A6000'),
  market: null,
  count: null,
  image: null,
  template: null,
  diskGb: null,
  volume: null,
  cloud: null,
  region: null,
  name: null,
  project: null,
  ...more,
});

const around: LaunchSurroundings = {
  defaults: {
    market: 'on-demand',
    image: 'team/image',
    template: null,
    diskGb: 50,
    volumeDiskGb: 20,
    volumePath: '/workspace',
    ports: ['22/tcp'],
    startSsh: true,
    cloud: 'SECURE',
    spotCeiling: 0.9,
    maxDiskGb: 2000,
  },
  dataCenters: ['EU-RO-1', 'EU-SE-1', 'US-TX-3'],
  networkVolumes: [
    { id: 'nv1', name: 'shared', sizeGb: 100, dataCenter: 'EU-RO-1' },
    { id: 'nv2', name: 'twice', sizeGb: 10, dataCenter: 'EU-RO-1' },
    { id: 'nv3', name: 'twice', sizeGb: 10, dataCenter: 'US-TX-3' },
  ],
  owner: 'alice',
  projects: ['vision'],
};

const decide = (more: Partial<LaunchRequest> = {}, where = around) => decideLaunch(request(more), where);
const spec = (more: Partial<LaunchRequest> = {}) => {
  const decision = decide(more);
  if (decision.kind === 'refuse') throw new Error(decision.problem);
  return decision.spec;
};

describe('a launch that says nothing but the GPU', () => {
  it('gets the team’s defaults, with count and disk always named', () => {
    expect(spec()).toMatchObject({
      gpuId: 'NVIDIA RTX A6000',
      gpuCount: 1,
      market: 'on-demand',
      cloud: 'SECURE',
      image: 'team/image',
      containerDiskGb: 50,
      volumeDisk: { sizeGb: 20, path: '/workspace' },
      networkVolume: null,
      dataCenterIds: [],
      middle: 'a6000',
      quotedMicroUsdPerHour: 490_000,
      bidCeilingMicroUsd: null,
    });
  });
});

describe('what a launch may say', () => {
  it('spot is quoted at the lowest bid, under the ceiling', () => {
    expect(spec({ market: 'spot', count: 2 })).toMatchObject({
      quotedMicroUsdPerHour: 464_000,
      bidCeilingMicroUsd: 441_000,
    });
  });

  it('an image replaces the default template, and a template the default image', () => {
    expect(spec({ template: 't1' })).toMatchObject({ image: null, templateId: 't1' });
    expect(spec({ image: 'mine' })).toMatchObject({ image: 'mine', templateId: null });
  });

  it('a volume as a number is GB of volume disk, 0 is none, else it is a network volume', () => {
    expect(spec({ volume: '100' }).volumeDisk).toEqual({ sizeGb: 100, path: '/workspace' });
    expect(spec({ volume: '0' })).toMatchObject({ volumeDisk: null, networkVolume: null });
    expect(spec({ volume: 'SHARED' })).toMatchObject({
      volumeDisk: null,
      networkVolume: { id: 'nv1', name: 'shared', path: '/workspace' },
      dataCenterIds: ['EU-RO-1'],
    });
  });

  it('a region is a data centre or the beginning of some', () => {
    expect(spec({ region: 'eu' }).dataCenterIds).toEqual(['EU-RO-1', 'EU-SE-1']);
    expect(spec({ region: 'us-tx-3' }).dataCenterIds).toEqual(['US-TX-3']);
    expect(spec({ region: 'EU-SE-1,US' }).dataCenterIds).toEqual(['EU-SE-1', 'US-TX-3']);
  });
});

describe('what is refused, and with which way out', () => {
  it.each<[Partial<LaunchRequest>, string, RegExp]>([
    [{ count: 0 }, 'count', /at least 1/],
    [{ count: -3 }, 'count', /at least 1/],
    [{ count: 11 }, 'count', /at most 10 x RTX A6000/],
    [{ diskGb: 0 }, 'disk', /from 1 to 2000, not 0/],
    [{ diskGb: 99_999 }, 'disk', /from 1 to 2000/],
    [{ volume: '5' }, 'volume', /from 10 to 2000 GB/],
    [{ volume: 'nowhere' }, 'volume', /no network volume nowhere.*shared/],
    [{ volume: 'twice' }, 'volume', /give the id: nv2 \(EU-RO-1\), nv3 \(US-TX-3\)/],
    [{ volume: 'shared', region: 'US' }, 'region', /is in EU-RO-1/],
    [{ region: 'MARS' }, 'region', /no region MARS.*Nearest/],
    [{ gpu: gpuNamed('RTX 3080') }, 'cloud', /not sold in Secure Cloud.*cloud=community/],
    [{ gpu: gpuNamed('B200'), cloud: 'COMMUNITY' }, 'cloud', /not sold in Community Cloud.*cloud=secure/],
    [{ name: '@everyone' }, 'name', /letters a to z/],
    [{ name: 'Running' }, 'name', /is a state/],
  ])('%j', (more, field, problem) => {
    const decision = decide(more);
    expect(decision).toMatchObject({ kind: 'refuse', field });
    expect(decision.kind === 'refuse' && decision.problem).toMatch(problem);
  });

  it('a team without a default image must name one', () => {
    const bare = { ...around, defaults: { ...around.defaults, image: null } };
    expect(decide({}, bare)).toMatchObject({ kind: 'refuse', field: 'image' });
    expect(decide({ image: 'mine' }, bare).kind).toBe('allow');
  });
});

describe('limits', () => {
  const none = { podsPerPerson: null, gpusPerPod: null, maxMicroUsdPerHour: null };
  const held = [
    { holder: 'alice', microUsdPerHour: 1_000_000 },
    { holder: 'bob', microUsdPerHour: 2_000_000 },
  ];

  it.each([
    [none, null],
    [{ ...none, podsPerPerson: 1 }, /You have 1 pods up.*Stop one first/],
    [{ ...none, podsPerPerson: 2 }, null],
    [{ ...none, maxMicroUsdPerHour: 3_490_000 }, null],
    [{ ...none, maxMicroUsdPerHour: 3_489_999 }, /spends \$3\.00\/h; this pod may add \$0\.49\/h/],
  ])('%j', (limits, problem) => {
    const said = overLimit({ gpuCount: 1, rate: 490_000 }, 'alice', held, limits);
    if (problem === null) expect(said).toBeNull();
    else expect(said).toMatch(problem);
  });

  it('spot reserves what it may bid, not what it is hoped to cost', () => {
    expect(reservedRate(spec({ market: 'spot', count: 2 }))).toBe(882_000);
    expect(reservedRate(spec())).toBe(490_000);
  });

  it('bounds the GPUs of one pod', () => {
    expect(overLimit({ gpuCount: 4, rate: 1 }, 'alice', [], { ...none, gpusPerPod: 2 })).toMatch(/at most 2 GPUs/);
  });
});
