import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Player } from '../../demo/dialogue/run.ts';
import { readDialogue } from '../../demo/dialogue/steps.ts';
import { World } from '../../demo/world/world.ts';
import { inside } from './inside.ts';

describe('a launch beyond a budget', () => {
  let world: World;
  let dataPath: string;
  let player: Player;
  beforeEach(async () => {
    dataPath = mkdtempSync(join(tmpdir(), 'podwarden-asking-'));
    world = new World(dataPath, { history: false, starter: inside });
    await world.start();
    player = new Player(world);
  }, 60_000);
  afterEach(async () => {
    await world.stop();
    rmSync(dataPath, { recursive: true, force: true });
  });
  const play = async (text: string, by = player) => {
    for (const line of readDialogue(text)) await by.take(line.step);
  };

  it('waits for somebody else who may, is launched once, and not for whoever has left or would pass a limit', {
    timeout: 120_000,
  }, async () => {
    await play(`
slack bob #gpu> /pod budget team day=1
expect slack bob privately /The team now has \\$1\\.00 a day/
slack alice #gpu> /pod launch a6000 count=4 name=one
expect slack #gpu /one: waits for an approver/
expect discord #gpu /one: waits for an approver/
# Neither lists nor limits count what waits.
slack alice #gpu> /pod list
expect no slack alice privately /one.*A6000/ for 200ms
slack alice press "Allow" on "one: waits"
expect slack alice privately /You asked for this/
discord mallory press "Allow" on "one: waits"
expect discord mallory privately /not allowed/`);
    // Both at once: one pod.
    await Promise.all([
      play('slack bob press "Allow" on "one: waits"', new Player(world)),
      play('discord carol press "Allow" on "one: waits"', new Player(world)),
    ]);
    await play(`
expect slack #gpu /one: Running on 4x RTX A6000/ within 30s
expect discord #gpu /one: Running on 4x RTX A6000/ within 30s
expect calls "POST /v2/pods" = 1
slack alice #gpu> /pod launch a6000 count=4 name=two
expect slack #gpu /two: waits for an approver/
slack alice press "Deny" on "two: waits"
expect slack #gpu /two: not launched.*alice took it back/
slack alice #gpu> /pod launch a6000 count=4 name=three
expect slack #gpu /three: waits for an approver/
clock +31m
expect slack #gpu /three: not launched.*Nobody allowed it within 30 minutes/ within 20s
slack alice #gpu> /pod launch a6000 count=4 name=four
expect slack #gpu /four: waits for an approver/`);
    const alice = world.slack.workspace.byName('alice');
    alice.deleted = true;
    await play(`
clock +6m
slack bob press "Allow" on "four: waits"
expect slack bob privately /alice may not launch any more/
expect calls "POST /v2/pods" = 1`);
    expect([...world.slack.violations, ...world.discord.violations]).toEqual([]);
  });
});
