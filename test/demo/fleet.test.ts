import { expect, it } from 'vitest';
import { untilQuiet } from '../../demo/world/quiet.ts';
import { playDialogue } from './playing.ts';

it('autocomplete offers pods and GPUs to those who may see them, and nothing to others', async () => {
  await playDialogue('discord alice #gpu> /pod help', async ({ discord }) => {
    const offered = async (person: string, command: string, option: string, typed: string) =>
      (await discord.suggestions(person, 'gpu', command, option, typed)).map(({ name }) => name);
    expect(await offered('alice', 'launch', 'gpu', 'a60')).toEqual(['RTX A6000, 48 GB, $0.49/h']);
    expect(await offered('alice', 'launch', 'gpu', 'h100')).toHaveLength(3);
    expect((await offered('alice', 'launch', 'gpu', '')).length).toBe(25);
    expect(await offered('alice', 'launch', 'market', '')).toEqual(['spot', 'on-demand']);
    expect(await offered('bob', 'stop', 'pods', 'vis')).toEqual(['vision (bob-vision-k3f9t2)']);
    const [second] = await discord.suggestions('bob', 'gpu', 'stop', 'pods', 'old,vis');
    expect(second?.value).toBe('old,bob-vision-k3f9t2');
    // Mallory may look (nobody was granted that by name) only in the home chat, which Discord is not.
    expect(await offered('mallory', 'stop', 'pods', '')).toEqual([]);
    expect(await offered('mallory', 'launch', 'gpu', 'a60')).toEqual([]);
  });
});

it('a fleet of 2,500 is read page by page and listed with a count for the rest', async () => {
  await playDialogue('clock +1m', async (world) => {
    const { account, calls } = world.runpod;
    const [pod] = account.pods.values();
    if (!pod) throw new Error('the seeds are gone');
    for (let i = 0; i < 2498; i++)
      account.pods.set(`copy${i}`, { ...pod, id: `copy${i}`, name: `bob-copy${i}-k3f9t2` });
    account.setBalance(1e6);
    const before = calls.length;
    world.clock.moveTo(world.clock.now() + 6 * 60_000);
    await expect
      .poll(() => calls.slice(before).filter((c) => c.path === '/v2/pods').length, { timeout: 15_000 })
      .toBe(3);
    await untilQuiet(world, 300, 15_000);
    for (const chat of [world.slack, world.discord]) {
      await chat.command('alice', 'gpu', '/pod list');
      const read = () =>
        chat
          .visibleTo('alice')
          .map((m) => m.text)
          .join('\n');
      await expect.poll(read, { timeout: 10_000 }).toMatch(/and 2480 more[\s\S]*2500 pods, 2499 up/);
    }
    await world.slack.command('alice', 'gpu', '/pod show copy2400');
    await expect
      .poll(() =>
        world.slack
          .visibleTo('alice')
          .map((m) => m.text)
          .join('\n'),
      )
      .toMatch(/bob-copy2400-k3f9t2: Running/);
  });
});
