import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Finding, type Hit, keyOf } from '../../../src/policy/findings/finding.ts';
import { snoozed } from '../../../src/policy/findings/moves.ts';
import { afterQuiet, nextReminder } from '../../../src/policy/findings/schedule.ts';
import { nextDue, passTime, settle } from '../../../src/policy/findings/settle.ts';
import { ALICE } from '../rows.ts';
import { DAY, HOUR, MINUTE, NOW } from '../scan/scans.ts';

const BRIEF = { id: 'pod1', name: 'run7', gpu: 'RTX A6000', rate: 490_000 };
function hit(more: Partial<Hit> = {}): Hit {
  return {
    rule: 'idle',
    subject: 'pod1',
    level: 1,
    severity: 'warn',
    mark: '',
    facts: { rule: 'idle', pod: BRIEF, since: NOW, cost: 1, below: 5 },
    anchor: NOW,
    owner: ALICE,
    room: 'gpu',
    ...more,
  };
}

const reminders = (finding: Finding | undefined) => finding?.said.filter(({ kind }) => kind === 'reminder').length ?? 0;

/** Findings as a store would keep them, over many scans. */
class Book {
  readonly all = new Map<string, Finding>();
  raises = 0;
  private readonly quiet: { from: number; to: number };
  constructor(quiet = { from: 0, to: 0 }) {
    this.quiet = quiet;
  }

  get open(): Finding[] {
    return [...this.all.values()].filter(({ status }) => status === 'open');
  }

  get only(): Finding {
    const [first] = [...this.all.values()].slice(-1);
    if (!first) throw new Error('there is none');
    return first;
  }

  scan(now: number, ...hits: Hit[]): Finding[] {
    const changed = settle(this.open, hits, {
      now,
      awake: () => afterQuiet(now, { ...this.quiet, days: [1, 2, 3, 4, 5] }, 'UTC'),
      newId: () => `f${++this.raises}`,
    });
    for (const finding of changed) this.all.set(finding.id, finding);
    return changed;
  }

  move(move: (finding: Finding) => Finding | null): void {
    const next = move(this.only);
    if (next) this.all.set(next.id, next);
  }

  kinds(): string[] {
    return this.only.said.map(({ kind }) => kind);
  }
}

describe('a finding', () => {
  it('is raised once, resolved when it is over, and raised anew when it comes again', () => {
    const book = new Book();
    book.scan(NOW, hit());
    book.scan(NOW + HOUR, hit());
    expect(book.all.size).toBe(1);
    book.scan(NOW + 2 * HOUR);
    expect(book.only).toMatchObject({ status: 'resolved', resolvedAt: NOW + 2 * HOUR });
    book.scan(NOW + 3 * HOUR, hit());
    expect([...book.all.values()].map(({ status }) => status)).toEqual(['resolved', 'open']);
  });

  it('changes nothing where nothing changed, so that no card is edited', () => {
    const book = new Book();
    book.scan(NOW, hit());
    const cost = { rule: 'idle' as const, pod: BRIEF, since: NOW, cost: 99, below: 5 };
    expect(book.scan(NOW + 5 * MINUTE, hit({ facts: cost }))).toEqual([]);
  });

  it('reminds on a schedule that slows, each with the costs of that moment', () => {
    const book = new Book();
    const told: number[] = [];
    for (let at = NOW; at <= NOW + 22 * DAY; at += HOUR) {
      const cost = { rule: 'idle' as const, pod: BRIEF, since: NOW, cost: at, below: 5 };
      const before = reminders(book.open[0]);
      book.scan(at, hit({ facts: cost }));
      if (reminders(book.only) > before) told.push((at - NOW) / HOUR);
    }
    expect(told).toEqual([6, 24, 3 * 24, 7 * 24, 14 * 24, 21 * 24]);
    expect(book.only.facts).toMatchObject({ cost: NOW + 21 * DAY });
  });

  it('counts from the stop where the rule does: 24 hours, then 3 and 7 days, then every week', () => {
    const anchor = NOW - DAY;
    const at = (now: number) => nextReminder('stopped-double', { anchor, raisedAt: NOW }, now);
    const days = [NOW, NOW + 3 * DAY, NOW + 7 * DAY, NOW + 30 * DAY].map((now) => ((at(now) ?? 0) - anchor) / DAY);
    expect(days).toEqual([3, 7, 14, 35]);
  });

  it('does not make up for reminders from before it was raised', () => {
    const anchor = NOW - 10 * DAY;
    expect(nextReminder('stopped-double', { anchor, raisedAt: NOW }, NOW)).toBe(anchor + 14 * DAY);
  });

  it('is said again at once where it gets worse, whatever was snoozed', () => {
    const book = new Book();
    const stale = (level: number, severity: Hit['severity']) => hit({ rule: 'stale', level, severity });
    book.scan(NOW, stale(1, 'warn'));
    book.move(snoozed(ALICE, NOW + 7 * DAY, NOW));
    book.scan(NOW + DAY, stale(1, 'warn'));
    expect(book.kinds()).toEqual([]);
    book.scan(NOW + 2 * DAY, stale(2, 'warn'));
    expect(book.only).toMatchObject({ level: 2, snooze: null });
    book.scan(NOW + 3 * DAY, stale(4, 'critical'));
    expect(book.kinds()).toEqual(['worse', 'worse', 'ops']);
    book.scan(NOW + 4 * DAY, stale(1, 'warn'));
    expect(book.kinds()).toEqual(['worse', 'worse', 'ops']);
  });

  it('keeps quiet as long as it was told to, and says that it is back', () => {
    const book = new Book();
    book.scan(NOW, hit());
    book.move(snoozed(ALICE, NOW + DAY, NOW));
    for (let at = NOW; at < NOW + DAY; at += HOUR) book.scan(at, hit());
    expect(book.kinds()).toEqual([]);
    book.scan(NOW + DAY, hit());
    expect(book.kinds()).toEqual(['back']);
  });

  it('until it changes: other facts of the same kind are a change, the same facts later are none', () => {
    const book = new Book();
    book.scan(NOW, hit({ mark: '100' }));
    book.move(snoozed(ALICE, null, NOW));
    book.scan(NOW + 30 * DAY, hit({ mark: '100' }));
    expect(book.only.snooze).not.toBeNull();
    book.scan(NOW + 31 * DAY, hit({ mark: '200' }));
    expect(book.only).toMatchObject({ snooze: null, said: [{ kind: 'back' }] });
  });

  it('cannot be put off for longer than a day where data is about to be lost', () => {
    const book = new Book();
    book.scan(NOW, hit({ severity: 'critical' }));
    for (const until of [null, NOW + 7 * DAY]) {
      book.move(snoozed(ALICE, until, NOW));
      expect(book.only.snooze?.until).toBe(NOW + DAY);
    }
  });

  it('comes back by half of the time that is left, where money was promised and did not come', () => {
    const facts = {
      rule: 'runway' as const,
      balance: 1,
      estimated: false,
      perHour: 1,
      zeroAt: NOW + 4 * HOUR,
      terminated: [],
      stopped: [],
      volumes: 0,
    };
    const runway = hit({ rule: 'runway', subject: 'account', level: 3, severity: 'critical', facts });
    const book = new Book();
    book.scan(NOW, runway);
    book.move(snoozed(ALICE, NOW + DAY, NOW, true));
    expect(book.only.snooze).toMatchObject({ topUp: true, until: NOW + 2 * HOUR });
    book.scan(NOW + 2 * HOUR, runway);
    expect(book.kinds()).toContain('back');
  });

  it('goes over the owner to whoever keeps watch after 10 minutes, and pages after 20, unless somebody took it up', () => {
    const jump = hit({ rule: 'burn-jump', subject: 'account', severity: 'urgent' });
    const book = new Book();
    let paged = 0;
    const scan = (at: number) => {
      const before = book.open[0] ?? null;
      for (const after of book.scan(at, jump)) if (before?.page !== after.page && after.page === 'open') paged += 1;
    };
    for (const minutes of [0, 5, 9]) scan(NOW + minutes * MINUTE);
    expect(book.kinds()).toEqual([]);
    scan(NOW + 10 * MINUTE);
    expect(book.kinds()).toEqual(['ops']);
    scan(NOW + 19 * MINUTE);
    expect(paged).toBe(0);
    scan(NOW + 20 * MINUTE);
    scan(NOW + 25 * MINUTE);
    expect(paged).toBe(1);
    const heard = new Book();
    heard.scan(NOW, jump);
    heard.move(snoozed(ALICE, NOW + DAY, NOW));
    heard.scan(NOW + HOUR, jump);
    expect(heard.kinds()).toEqual([]);
  });
});

describe('escalation', () => {
  const at = (minutes: number) => NOW + minutes * MINUTE;
  const runway = (severity: Hit['severity'], level = 2) => hit({ rule: 'runway', subject: 'account', level, severity });

  it('uses up no step while it is less bad, and begins anew where it is as bad again', () => {
    const book = new Book();
    book.scan(at(0), runway('critical'));
    for (const minutes of [10, 20, 30]) book.scan(at(minutes), runway('warn'));
    expect(book.only).toMatchObject({ escalated: 1, page: 'none' });
    book.scan(at(40), runway('critical'));
    book.scan(at(60), runway('critical'));
    expect(book.only).toMatchObject({ escalated: 2, page: 'open' });
  });

  it('follows a severity that rises without a step', () => {
    const book = new Book();
    book.scan(at(0), runway('warn', 1));
    book.scan(at(5), runway('critical', 1));
    expect(book.kinds()).toEqual(['worse']);
    book.scan(at(25), runway('critical', 1));
    expect(book.only.page).toBe('open');
  });

  it('tells who was called that it is over, however mild it had become', () => {
    const book = new Book();
    book.scan(at(0), runway('critical'));
    book.scan(at(20), runway('critical'));
    book.scan(at(30), runway('warn', 1));
    book.scan(at(40));
    expect(book.only).toMatchObject({ status: 'resolved', page: 'over' });
  });

  it('goes on while nothing can be read', () => {
    const book = new Book();
    book.scan(at(0), hit({ rule: 'burn-jump', subject: 'account', severity: 'urgent' }));
    const [after] = passTime(book.open, at(21));
    expect(after).toMatchObject({ escalated: 2, page: 'open', said: [{ kind: 'ops' }] });
    expect(passTime(book.open, at(5))).toEqual([]);
  });
});

describe('quiet hours', () => {
  const NIGHT = Date.parse('2026-11-24T23:00:00Z');
  const MORNING = Date.parse('2026-11-25T08:00:00Z');
  const FRIDAY = Date.parse('2026-11-27T21:00:00Z');
  const quiet = { from: 20, to: 8 };

  it.each([
    ['by day', NOW, { ...quiet }, NOW],
    ['by night', NIGHT, { ...quiet }, MORNING],
    ['on a weekend', FRIDAY, { ...quiet }, Date.parse('2026-11-30T08:00:00Z')],
    ['none', NIGHT, { from: 0, to: 0 }, NIGHT],
    ['after midnight alone', NIGHT, { from: 0, to: 7 }, NIGHT],
  ])('%s', (_, at, hours, expected) => {
    expect(afterQuiet(at, { ...hours, days: [1, 2, 3, 4, 5] }, 'UTC')).toBe(expected);
  });

  it('are those of the person’s own timezone', () => {
    const days = [1, 2, 3, 4, 5];
    expect(afterQuiet(NOW, { ...quiet, days }, 'America/Los_Angeles')).toBe(Date.parse('2026-11-24T16:00:00Z'));
  });

  it('hold what can wait, and drop what was over by the morning', () => {
    const book = new Book(quiet);
    book.scan(NIGHT, hit());
    expect(book.only).toMatchObject({ told: false, tellAt: MORNING });
    book.scan(NIGHT + HOUR);
    expect(book.only).toMatchObject({ told: false, status: 'resolved' });
    book.scan(NIGHT + 2 * HOUR, hit());
    book.scan(MORNING, hit());
    expect(book.only).toMatchObject({ told: true });
  });

  it.each(['urgent', 'critical'] as const)('hold nothing %s', (severity) => {
    const book = new Book(quiet);
    book.scan(NIGHT, hit({ severity }));
    expect(book.only.told).toBe(true);
  });

  it('hold the end of a snooze, and a snooze what was not told yet', () => {
    const book = new Book(quiet);
    book.scan(NOW, hit());
    book.move(snoozed(ALICE, NIGHT, NOW));
    book.scan(NIGHT, hit());
    expect(book.kinds()).toEqual([]);
    book.scan(MORNING, hit());
    expect(book.kinds()).toEqual(['back']);
    const held = new Book(quiet);
    held.scan(NIGHT, hit());
    held.move(snoozed(ALICE, NOW + 7 * DAY, NIGHT));
    held.scan(MORNING, hit());
    expect(held.only.told).toBe(false);
  });

  it('hold reminders and what gets worse but can wait', () => {
    const book = new Book(quiet);
    book.scan(NOW, hit());
    book.scan(NOW + 11 * HOUR, hit({ level: 2 }));
    expect(book.kinds()).toEqual([]);
    book.scan(MORNING, hit({ level: 2 }));
    expect(book.kinds()).toEqual(['worse']);
  });
});

describe('many of a kind', () => {
  const many = (count: number, more: Partial<Hit> = {}) =>
    Array.from({ length: count }, (_, i) => hit({ subject: `pod${i}`, ...more }));

  it('share one card from four on, and keep it', () => {
    const book = new Book();
    book.scan(NOW, ...many(3));
    expect(new Set(book.open.map(({ card }) => card)).size).toBe(3);
    const other = new Book();
    other.scan(NOW, ...many(12));
    expect(new Set(other.open.map(({ card }) => card)).size).toBe(1);
    other.scan(NOW + 6 * HOUR, ...many(12));
    expect(new Set(other.open.map(({ card }) => card)).size).toBe(1);
    expect(other.open.every(({ said }) => said.length === 1)).toBe(true);
  });

  it('stay where they were told first, whoever takes them over', () => {
    const book = new Book();
    book.scan(NOW, hit());
    book.scan(NOW + HOUR, hit({ room: 'vision', owner: null }));
    expect(book.only).toMatchObject({ room: 'gpu', owner: null });
  });

  it('but not across rooms, nor money and data with the account’s own', () => {
    const book = new Book();
    book.scan(NOW, ...many(3), ...many(3, { room: 'vision' }).map((one) => ({ ...one, subject: `v${one.subject}` })));
    expect(new Set(book.open.map(({ card }) => card)).size).toBe(6);
  });
});

const RULE_NAMES = ['idle', 'stopped-double', 'stale', 'runway', 'unowned'] as const;
/** Which of a few subjects hold, at which level, at scans that are minutes to days apart. */
const history = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 3000 })),
    holds: fc.array(
      fc.record({
        rule: fc.constantFrom(...RULE_NAMES),
        pod: fc.integer({ min: 0, max: 4 }),
        level: fc.integer({ min: 1, max: 3 }),
        severity: fc.constantFrom('note' as const, 'warn' as const, 'urgent' as const, 'critical' as const),
      }),
      { maxLength: 8 },
    ),
    press: fc.option(fc.record({ nth: fc.nat(), hours: fc.option(fc.integer({ min: 1, max: 100 })) }), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('over any history', () => {
  it('each crossing is raised once, nothing is open twice, and a scan repeated says nothing more', () => {
    fc.assert(
      fc.property(history, (scans) => {
        const book = new Book({ from: 20, to: 8 });
        let now = NOW;
        let crossings = 0;
        let before = new Set<string>();
        for (const { gap, holds, press } of scans) {
          now += gap * MINUTE;
          const hits = holds.map(({ pod, ...more }) => hit({ ...more, subject: `p${pod}` }));
          const keys = new Set(hits.map(keyOf));
          crossings += [...keys].filter((key) => !before.has(key)).length;
          before = keys;
          book.scan(now, ...hits);
          expect(new Set(book.open.map(keyOf))).toEqual(keys);
          expect(book.open).toHaveLength(keys.size);
          expect(book.scan(now, ...hits)).toEqual([]);
          const chosen = book.open[press?.nth ? press.nth % Math.max(1, book.open.length) : 0];
          const until = press?.hours == null ? null : now + press.hours * HOUR;
          const next = press && chosen ? snoozed(ALICE, until, now)(chosen) : null;
          if (next) book.all.set(next.id, next);
        }
        expect(book.all.size).toBe(crossings);
      }),
      { numRuns: 200 },
    );
  });

  it('by night nothing is said that can wait, and nothing is said of what was not told', () => {
    fc.assert(
      fc.property(history, (scans) => {
        const book = new Book({ from: 20, to: 8 });
        let now = NOW;
        for (const { gap, holds } of scans) {
          now += gap * MINUTE;
          const was = new Map([...book.all].map(([id, finding]) => [id, finding]));
          book.scan(now, ...holds.map(({ pod, ...more }) => hit({ ...more, subject: `p${pod}` })));
          const asleep = afterQuiet(now, { from: 20, to: 8, days: [1, 2, 3, 4, 5] }, 'UTC') > now;
          const spoken = [...book.all.values()].filter((finding) => speaksNew(was.get(finding.id), finding));
          expect(spoken.filter(({ told }) => !told)).toEqual([]);
          if (asleep) expect(spoken.filter(({ severity }) => severity === 'note' || severity === 'warn')).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('says when it next does something by itself', () => {
    fc.assert(
      fc.property(history, (scans) => {
        const book = new Book({ from: 20, to: 8 });
        let now = NOW;
        for (const { gap, holds } of scans) {
          now += gap * MINUTE;
          const hits = holds.map(({ pod, ...more }) => hit({ ...more, subject: `p${pod}` }));
          book.scan(now, ...hits);
          const dues = book.open.map(nextDue).filter((at) => at !== null);
          const next = Math.min(...dues, now + 100 * DAY);
          // Nothing happens before that, where nothing changes.
          const half = now + Math.floor((next - now) / 2);
          const latest = new Map(hits.map((one) => [keyOf(one), one]));
          if (half > now) expect(new Book().open.length + settleAt(book, half, [...latest.values()]).length).toBe(0);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** Told for the first time, or a line more in its thread. */
function speaksNew(before: Finding | undefined, after: Finding): boolean {
  return (after.told && !before?.told) || after.said.length > (before?.said.length ?? 0);
}

/** What a scan would do, without doing it; what gets worse by night waits for the morning, and is left out. */
function settleAt(book: Book, now: number, hits: Hit[]): Finding[] {
  const same = hits.filter((one) => book.open.some((open) => keyOf(open) === keyOf(one) && open.level === one.level));
  const open = book.open.filter((finding) => same.some((one) => keyOf(one) === keyOf(finding)));
  return settle(open, same, {
    now,
    awake: () => afterQuiet(now, { from: 20, to: 8, days: [1, 2, 3, 4, 5] }, 'UTC'),
    newId: () => 'x',
  });
}
