import type { DiscordEmulator } from '../../emulators/discord/server.ts';
import type { Account } from '../../emulators/runpod/account.ts';
import { GPUS } from '../../emulators/runpod/catalogue.ts';
import { newPod } from '../../emulators/runpod/pods.ts';
import type { SlackEmulator } from '../../emulators/slack/server.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'mallory'];
const DAY = 86_400_000;

/** The same four people in both chats, in a room and in a channel that is none. */
export function seedChats(slack: SlackEmulator, discord: DiscordEmulator): void {
  for (const name of PEOPLE) slack.workspace.addUser({ id: `U0${name.toUpperCase()}`, name });
  const ids = PEOPLE.map((_, i) => `70000000000000000${i + 1}`);
  PEOPLE.forEach((name, i) => {
    discord.server.addUser({ id: ids[i] ?? '', name, roles: [] });
  });
  const members = PEOPLE.map((name) => `U0${name.toUpperCase()}`);
  slack.workspace.addChannel('C0GPU', 'gpu', members);
  slack.workspace.addChannel('C0RANDOM', 'random', members);
  discord.server.addChannel('800000000000000001', 'gpu', ids);
  discord.server.addChannel('800000000000000002', 'random', ids);
}

function gpu(name: string) {
  const found = GPUS.find((g) => g.name === name);
  if (!found) throw new Error(`no ${name} in the catalogue`);
  return found;
}

/** bob's running `vision`, alice's `old` that has been off for three days, and a network volume. */
export function seedRunpod(account: Account, now: number): void {
  const common = {
    image: 'runpod/pytorch:2.8.0-py3.11-cuda12.8.1',
    gpuCount: 1,
    cloud: 'SECURE' as const,
    dataCenterId: 'EU-RO-1',
    disk: 50,
    network: null,
    ports: ['22/tcp', '8888/http'],
    env: { HF_TOKEN: 'hf_seedseedseedseedseedseed' },
    spot: false,
    listedFrom: 0,
  };
  const vision = newPod(account, {
    ...common,
    name: 'bob-vision-k3f9t2',
    gpu: gpu('RTX 4090'),
    persistent: { size: 20, path: '/workspace' },
  });
  Object.assign(vision, { status: 'RUNNING', nextAt: null, createdAt: now - 2 * DAY, startedAt: now - 2 * DAY });
  const old = newPod(account, {
    ...common,
    name: 'alice-old-m7q4w8',
    gpu: gpu('RTX A5000'),
    persistent: { size: 100, path: '/workspace' },
  });
  account.stop(old, 'Exited by user');
  Object.assign(old, {
    createdAt: now - 9 * DAY,
    exitedAt: now - 3 * DAY,
    lastStatusChange: `Exited by user: ${new Date(now - 3 * DAY).toString()}`,
  });
  account.volumes.set('nv0shared01', { id: 'nv0shared01', name: 'shared', size: 100, dataCenter: 'EU-RO-1' });
}
