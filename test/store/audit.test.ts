import { describe, expect, it } from 'vitest';
import { auditCommand } from '../../src/entry/audit-command.ts';
import { Audit, AuditKeyMismatch, formatHead } from '../../src/store/audit.ts';
import { key } from '../../src/store/keys.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const SECRET = '0123456789abcdef0123456789abcdef';
const STREAM = key('audit', 'entries');
const entry = (kind: string) => ({
  at: NOW,
  kind,
  actor: 'slack:T1/U1 (alice)',
  subject: 'pod1',
  facts: { name: '=run7' },
});
const filled = async (count: number) => {
  const audit = new Audit(redis.client(), SECRET);
  for (let i = 1; i <= count; i++) await audit.append(entry(`act-${i}`));
  return audit;
};

/** What somebody with all of Redis, and without the key, could do to entry 3 of 5. */
async function fields(id: string): Promise<string[]> {
  const [found] = await redis.client().xrange(STREAM, id, id);
  return found?.[1] ?? [];
}

async function rewrite(change: (entries: [string, string[]][]) => [string, string[]][]): Promise<void> {
  const entries = (await redis.client().xrange(STREAM, '-', '+')) as [string, string[]][];
  await redis.client().del(STREAM);
  for (const [id, values] of change(entries)) await redis.client().xadd(STREAM, id, ...values);
}

describe('the audit log', () => {
  it('is one whole chain, also where many write at once', async () => {
    const logs = Array.from({ length: 4 }, () => new Audit(redis.client(), SECRET));
    await Promise.all(Array.from({ length: 40 }, (_, i) => logs[i % 4]?.append(entry(`act-${i}`))));
    expect(await logs[0]?.verify()).toMatchObject({ ok: true, head: { n: 40 } });
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'edited',
      () =>
        rewrite((all) =>
          all.map(([id, [a = '', json = '', ...rest]], i) => [
            id,
            [a, i === 2 ? json.replace('alice', 'bob') : json, ...rest],
          ]),
        ),
      /entry 3 was edited/,
    ],
    ['removed', async () => void (await redis.client().xdel(STREAM, '3-0')), /entry 3 was removed/],
    [
      'reordered',
      () => rewrite((all) => all.map(([id], i) => [id, all[i === 2 ? 3 : i === 3 ? 2 : i]?.[1] ?? []])),
      /entry 3 was removed|not in its place/,
    ],
    ['cut off', async () => void (await redis.client().xdel(STREAM, '5-0')), /cut off/],
    [
      'made unreadable',
      () =>
        rewrite((all) =>
          all.map(([id, [a = '', , ...rest]], i) => [id, i === 2 ? [a, '{', ...rest] : (all[i]?.[1] ?? [])]),
        ),
      /cannot be read/,
    ],
  ])('names an entry that was %s', async (_, tamper, problem) => {
    const audit = await filled(5);
    expect(await fields('3-0')).toHaveLength(4);
    await tamper();
    const result = await audit.verify();
    expect(result.ok).toBe(false);
    expect(!result.ok && result.problem).toMatch(problem);
  });

  it('shows nothing that somebody with Redis alone wrote, altered or moved, and names its number', async () => {
    const audit = await filled(5);
    const shown = async () => {
      const { entries, broken } = await audit.newest(3, () => true);
      return [entries.map(({ n }) => n), broken];
    };
    expect(await shown()).toEqual([[5, 4, 3], []]);
    const original = (await redis.client().xrange(STREAM, '-', '+')) as [string, string[]][];
    const [json = '', mac = ''] = [(await fields('4-0'))[1], (await fields('4-0'))[3]];
    await rewrite((all) =>
      all.map(([id, values], i) => [id, i === 3 ? ['json', json.replace('alice', 'bob'), 'mac', mac] : values]),
    );
    expect(await shown()).toEqual([[5, 3, 2], [4]]);
    await rewrite(() => original);
    await redis.client().xadd(STREAM, '6-0', 'json', json.replace('"n":4', '"n":6'), 'mac', mac);
    await redis.client().xadd(STREAM, '7-0', 'json', '{', 'mac', '');
    expect(await shown()).toEqual([
      [5, 4, 3],
      [7, 6],
    ]);
    await rewrite(() => original.filter((_, i) => i !== 2));
    expect(await shown()).toEqual([[5, 2, 1], [4]]);
    await rewrite(() => original.slice(0, 4));
    expect(await shown()).toEqual([[4, 3, 2], [5]]);
    await redis.client().del(STREAM);
    expect(await shown()).toEqual([[], [5]]);
  });

  it('finds a log that was rolled back as a whole by a head that was noted elsewhere', async () => {
    const audit = await filled(3);
    const earlier = await audit.head();
    await audit.append(entry('later'));
    const noted = await audit.head();
    await redis.client().xdel(STREAM, '4-0');
    await redis.client().hset(key('audit', 'head'), 'rev', 3, 'json', JSON.stringify(earlier));
    expect(await audit.verify()).toMatchObject({ ok: true });
    expect(await audit.verify(noted)).toMatchObject({ ok: false, at: 4 });
  });

  it('cannot be continued with another key', async () => {
    const audit = await filled(2);
    await audit.claimKey();
    await expect(new Audit(redis.client(), 'another key of thirty-two letters').claimKey()).rejects.toThrow(
      AuditKeyMismatch,
    );
    expect(await new Audit(redis.client(), 'another').verify()).toMatchObject({ ok: false, at: 1 });
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'is no stream',
      () =>
        redis
          .client()
          .del(STREAM)
          .then(() => redis.client().set(STREAM, 'x')),
    ],
    ['holds an entry that is ahead of ours', () => redis.client().xadd(STREAM, '99-0', 'json', '{}', 'mac', '')],
  ])('applies no change that it cannot record: its key %s, and the caller hears of it', async (_, breakIt) => {
    const audit = await filled(2);
    await breakIt();
    const change = audit.commit([], [['SET', key('thing'), 'changed']], [entry('change')]);
    await expect(change).rejects.toThrow();
    expect(await redis.client().get(key('thing'))).toBeNull();
    expect((await audit.head()).n).toBe(2);
  });

  it('keeps the key out of Redis', async () => {
    const audit = await filled(1);
    await audit.claimKey();
    for (const name of await redis.client().keys('*')) {
      expect(String(await redis.client().dump(name))).not.toContain(SECRET);
    }
  });
});

describe('podwarden audit', () => {
  const run = async (...args: string[]) => {
    const lines: string[] = [];
    const code = await auditCommand(args, new Audit(redis.client(), SECRET), (line) => void lines.push(line));
    return { code, lines };
  };

  it('exports every entry with its MAC', async () => {
    await filled(2);
    const { code, lines } = await run('export', '--format', 'jsonl');
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { n: 1, kind: 'act-1' },
      { n: 2, kind: 'act-2' },
    ]);
  });

  it('exports cells that no spreadsheet takes for a formula', async () => {
    await filled(1);
    const { lines } = await run('export', '--format', 'csv');
    expect(lines[0]).toBe('n,at,kind,actor,subject,facts,mac');
    expect(lines[1]).toContain('"2026-11-24T10:00:00.000Z","act-1","slack:T1/U1 (alice)","pod1"');
    expect((await run('export', '--since', '2026-11-25')).lines).toEqual([]);
  });

  it('exports no cell that begins like a formula, a tab or a line break as such', async () => {
    const audit = new Audit(redis.client(), SECRET);
    const hostile = ['=HYPERLINK("x")', '+1', '-1', '@SUM(1)', '\tx', '\rx'];
    for (const subject of hostile) await audit.append({ ...entry('act'), actor: subject, subject });
    const { lines } = await run('export', '--format', 'csv');
    const cells = lines.slice(1).map((line) => line.split('"act",')[1]);
    expect(cells.map((cell) => cell?.slice(0, 3))).toEqual(hostile.map((text) => `"'${text[0]}`));
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")","'=HYPERLINK(""x"")"`);
  });

  it('names a deletion that nobody else approved, though the log is whole, and fails', async () => {
    const audit = await filled(1);
    const about = { request: 'r1', pod: 'pod1', status: 'requested' };
    await audit.append({ ...entry('request-made'), facts: about }, { ...entry('runpod-delete'), facts: about });
    const { code, lines } = await run('verify');
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^The log is whole: 3 entries/),
      'NOT APPROVED: entry 3 deleted pod pod1 for request r1, and no entry before it shows that somebody else approved that.',
    ]);
  });

  it('verifies, and says so in its exit code', async () => {
    const audit = await filled(3);
    const head = formatHead(await audit.head());
    expect(await run('verify', '--head', head)).toMatchObject({ code: 0 });
    await redis.client().xdel(STREAM, '2-0');
    expect(await run('verify')).toEqual({ code: 1, lines: ['NOT WHOLE: entry 2 was removed.'] });
    expect((await run('verify', '--head', 'nonsense')).code).toBe(2);
    expect((await run('shred')).code).toBe(2);
  });
});
