import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/bot/actions/list.ts';
import { clockRefusal } from '../../src/bot/clock-refusal.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';

const MINUTE = 60_000;
const at = (ahead: number) => ({ ahead: () => ahead });
const all = [...COMMANDS.map(({ name }) => `/pod ${name}`), ...ACTIONS.map(({ name }) => name)];
const refusedAt = (ahead: number) => all.filter((what) => clockRefusal(what, at(ahead)) !== null);

describe('a bot whose machine is 6 minutes off', () => {
  it('refuses what starts, spends, deletes or grants, and nothing else', () => {
    expect(refusedAt(6 * MINUTE)).toEqual([
      '/pod launch',
      '/pod start',
      '/pod terminate',
      '/pod claim',
      '/pod snooze',
      '/pod notify',
      '/pod budget',
      '/pod link',
      '/pod unlink',
      'pick',
      'relaunch',
      'allow-launch',
      'start',
      'terminate',
      'ask-again',
      'approve',
      'release',
      'terminate-of',
      'snooze',
      'top-up',
      'claim',
      'claim-found',
      'claim-all',
      'disown',
      'terminate-found',
      'link-confirm',
      'link-admit',
    ]);
    expect(refusedAt(-6 * MINUTE)).toEqual(refusedAt(6 * MINUTE));
  });

  it('refuses a button that it does not know', () => {
    expect(clockRefusal('made-up', at(6 * MINUTE))).not.toBeNull();
  });

  it('says what is wrong and what to do', () => {
    const message = clockRefusal('/pod launch', at(-6 * MINUTE));
    expect(message && plainText(message, 1000)).toMatch(
      /^I cannot do this now: .* is 6 minutes slow.*set that machine’s clock \(NTP\)/,
    );
  });
});

it('a machine that is 4 minutes off, or that nobody measures, refuses nothing', () => {
  expect(refusedAt(4 * MINUTE)).toEqual([]);
  expect(all.filter((what) => clockRefusal(what, {}))).toEqual([]);
});
