import { expect, it } from 'vitest';
import { chatTrouble, chatTroubleText } from '../../demo/world/chat-faults.ts';

it.each(['down', 'slow:1500', '429:5', 'html:403', 'reset', 'error:is_archived:post', 'error:160005:thread,edit'])(
  'the switch %s is shown as it was set',
  (value) => {
    expect(chatTroubleText(chatTrouble(value))).toBe(value);
  },
);

it('an error hits posts where nothing else is named', () => {
  expect(chatTrouble('error:50013')).toEqual({ kind: 'error', code: '50013', at: ['post'] });
});

it.each(['up', 'down:3', 'slow', 'slow:x', '429:', 'html', 'reset:1', 'error', 'error:', 'error:a:b:c'])(
  'the switch %s is refused, with what is allowed',
  (value) => {
    expect(() => chatTrouble(value)).toThrow(/none of down, slow:MS.*error:CODE/);
  },
);
