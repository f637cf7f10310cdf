import { describe, expect, it } from 'vitest';
import { markFor, markIn } from '../../src/policy/lookalike.ts';

const PEOPLE = [
  { key: 'bob', name: 'Bob' },
  { key: 'wilma', name: 'Wilma Rn. Bill' },
  { key: 'vera', name: 'Вера' },
];

describe('a name that looks like that of somebody declared', () => {
  it.each([
    'bob',
    'BOB',
    ' b o b ',
    'b\u200bob',
    'Bоb',
    'ВОВ',
    'ｂｏｂ',
    '𝐛𝐨𝐛',
    'bób',
    'b0b',
    'Bob 🚀',
    '.bob.',
    'bob\u3164',
    'Βοb',
  ])('%j is marked', (name) => {
    expect(markFor(name, PEOPLE)).toBe(' (not the Bob in people)');
  });

  it.each(['wilma m bi11', 'WILMA', 'vvilma', 'вера', 'ВЕРА'])('%j is marked, for another', (name) => {
    expect(markFor(name, PEOPLE)).not.toBe('');
  });

  it.each(['bobby', 'rob', 'alice', '', '🚀', '\u200b', 'boob'])('%j is not', (name) => {
    expect(markFor(name, PEOPLE)).toBe('');
  });

  it('is found again at the end of the name', () => {
    expect(markIn(`Bоb${markFor('Bоb', PEOPLE)}`)).toBe(' (not the Bob in people)');
    expect(markIn('Bob')).toBe('');
  });
});
