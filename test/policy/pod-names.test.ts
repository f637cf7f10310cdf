import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findPod,
  newSuffix,
  parsePodName,
  podName,
  shortName,
  spokenName,
  validMiddle,
} from '../../src/policy/pod-names.ts';

const suffix = () => fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => newSuffix(() => bytes));
const middle = () => fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);

describe('pod names', () => {
  it('come apart as they were put together', () => {
    fc.assert(
      fc.property(fc.string(), middle(), suffix(), (owner, name, end) => {
        expect(validMiddle(name)).toBe(true);
        const parts = parsePodName(podName(owner, name, end));
        expect(parts).toEqual({ owner: shortName(owner), middle: name, suffix: end });
      }),
    );
  });

  it.each([
    ['Alice Müller', 'alicemuller'],
    ['@everyone', 'everyone'],
    ['<!channel>', 'channel'],
    ['李', 'someone'],
    ['a'.repeat(50), 'a'.repeat(16)],
  ])('%s is short for %s', (name, short) => {
    expect(shortName(name)).toBe(short);
  });

  it.each(['', '-a', 'a-', 'A', 'a b', '<!channel>', '@everyone', 'a'.repeat(41), 'a\u0000'])(
    '%j is no middle',
    (text) => {
      expect(validMiddle(text)).toBe(false);
    },
  );

  it('leaves names that were made elsewhere whole', () => {
    expect(parsePodName('my cool server')).toBeNull();
    expect(spokenName('my-cool-server')).toBe('my-cool-server');
    expect(spokenName('alice-run-7-k3f9t2')).toBe('run-7');
  });
});

describe('finding a pod', () => {
  const pod = (id: string, name: string, createdAt: string) => ({ id, name, createdAt });
  const pods = [
    pod('aaa111', 'alice-a6000-k3f9t2', '2026-11-20T00:00:00Z'),
    pod('bbb222', 'bob-a6000-m7q4w8', '2026-11-22T00:00:00Z'),
    pod('ccc333', 'bob-vision-t5r2x9', '2026-11-21T00:00:00Z'),
    pod('ddd444', 'made by hand', '2026-11-21T00:00:00Z'),
  ];

  it.each([
    ['vision', 'ccc333'],
    ['VISION', 'ccc333'],
    ['ccc333', 'ccc333'],
    ['ccc', 'ccc333'],
    ['bob-vision-t5r2x9', 'ccc333'],
    ['vis', 'ccc333'],
    ['a6000', 'bbb222'],
    ['made by hand', 'ddd444'],
  ])('%s is %s', (query, id) => {
    const match = findPod(query, pods);
    expect(match.kind === 'one' && match.pod.id).toBe(id);
  });

  it('asks where a prefix fits several', () => {
    expect(findPod('bob-', pods).kind).toBe('several');
  });

  it('names the nearest where none fits, and never takes an empty word for a prefix', () => {
    expect(findPod('vison', pods)).toEqual({ kind: 'none', nearest: ['vision'] });
    expect(findPod('', pods).kind).toBe('none');
  });
});
