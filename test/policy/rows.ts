import type { LaunchSpec, PodFacts, Row } from '../../src/policy/ledger.ts';

export const NOW = Date.parse('2026-11-24T10:00:00Z');

export const SPEC: LaunchSpec = {
  gpuId: 'NVIDIA RTX A6000',
  gpuName: 'RTX A6000',
  gpuCount: 1,
  market: 'on-demand',
  cloud: 'SECURE',
  dataCenterIds: [],
  image: 'team/image',
  templateId: null,
  containerDiskGb: 50,
  volumeDisk: { sizeGb: 100, path: '/workspace' },
  networkVolume: null,
  ports: ['22/tcp'],
  startSsh: true,
  owner: 'alice',
  project: null,
  middle: 'run7',
  quotedMicroUsdPerHour: 490_000,
  bidCeilingMicroUsd: null,
};

export const FACTS: PodFacts = {
  name: 'alice-run7-k3f9t2',
  gpuName: 'RTX A6000',
  gpuCount: 1,
  dataCenter: 'EU-RO-1',
  cloud: 'SECURE',
  microUsdPerHour: 490_000,
  containerDiskGb: 50,
  volumeDisk: { sizeGb: 100, path: '/workspace' },
  networkVolume: null,
  startedAt: NOW,
};

export const ALICE = { account: 'slack:T1/U1', person: 'alice', name: 'Alice' };

export function newRow(more: Partial<Row> = {}): Row {
  return {
    id: 'p1',
    rev: 0,
    status: 'requested',
    podId: null,
    spec: SPEC,
    by: ALICE,
    room: 'gpu',
    home: { chat: 'slack', channel: 'C1' },
    createdAt: NOW,
    since: NOW,
    attempts: [],
    facts: null,
    waitsFor: null,
    task: null,
    trouble: null,
    ask: null,
    duplicates: [],
    ...more,
  };
}
