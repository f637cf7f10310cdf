import { describe, expect, it } from 'vitest';
import type { Form } from '../../src/bot/message/form.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { requestCard } from '../../src/bot/views/request-card.ts';
import { requestLine, requestLines } from '../../src/bot/views/request-words.ts';
import type { Approval } from '../../src/policy/approval.ts';
import { BOB, CAROL, newApproval, voteOf } from '../policy/requests.ts';
import { ALICE, FACTS, NOW } from '../policy/rows.ts';
import { breaksNothing, everyForm, everything, formBreaksNothing } from './rendered.ts';

const accountsOf = (who: { account: string }) => [who.account];
const votes = [voteOf(BOB)];
const ended = (text: string, by: typeof BOB | null = null) => ({ at: NOW + 60_000, by, text });
const off = { ...newApproval().fingerprint, standing: 'stopped' as const, startedAt: null };
const onVolume = {
  ...newApproval().facts,
  volumeDisk: null,
  networkVolume: { id: 'nv1', path: '/workspace' },
  networkVolumeGb: 1500,
};

const CARDS: [string, Approval[]][] = [
  ['requested', [newApproval({ owner: CAROL })]],
  ['requested-stopped', [newApproval({ fingerprint: off })]],
  ['requested-network-volume', [newApproval({ facts: onVolume, data: null })]],
  ['requested-locked', [newApproval({ locked: true })]],
  ['half-approved', [newApproval({ quorum: 2, votes })]],
  ['held-owner', [newApproval({ status: 'held', hold: 'owner', owner: CAROL, votes, dueAt: NOW + 600_000 })]],
  ['held-breaker', [newApproval({ status: 'held', hold: 'breaker', votes, dueAt: NOW })]],
  [
    'overdue',
    [
      newApproval({
        status: 'approved',
        votes,
        dueAt: NOW,
        overdue: 'the Podwarden worker is not responding. Start it again, or read its log',
      }),
    ],
  ],
  ['executing', [newApproval({ status: 'executing', votes, dueAt: NOW })]],
  ['done', [newApproval({ status: 'done', votes, end: ended('') })]],
  ['denied', [newApproval({ status: 'denied', end: ended('mid-training', CAROL) })]],
  ['cancelled', [newApproval({ status: 'cancelled', end: ended('', ALICE) })]],
  ['expired', [newApproval({ status: 'expired', end: ended('nobody decided in time') })]],
  ['void', [newApproval({ status: 'void', votes, end: ended('the pod changed: restarted') })]],
  ['failed', [newApproval({ status: 'failed', votes, end: ended('RunPod refused: no') })]],
  [
    'seven',
    Array.from({ length: 7 }, (_, i) =>
      newApproval({
        id: `r${i}`,
        podId: `pod${i}`,
        fingerprint: off,
        facts: { ...newApproval().facts, name: `alice-run${i}-k3f9t2` },
      }),
    ),
  ],
];

describe('cards of requests', () => {
  it.each(CARDS)('%s looks as it did, on both platforms', async (name, records) => {
    const message = requestCard(records, NOW + 3_600_000, accountsOf);
    await expect(`${everything(message)}\n`).toMatchFileSnapshot(`../golden/request-${name}.json`);
    breaksNothing(message);
    breaksNothing(requestLine(records, { link: 'https://example.invalid/card' }, accountsOf));
    for (const line of requestLines(records, accountsOf, { people: [BOB, CAROL], groups: [] }))
      breaksNothing(line.message);
  });

  it.each(CARDS)('%s: Terminated is said only of a pod that is gone', (name, records) => {
    const said = plainText(requestCard(records, NOW, accountsOf), 10_000);
    expect(/terminated/i.test(said.replaceAll('not terminated', '').replaceAll('Not terminated', ''))).toBe(
      name === 'done',
    );
    if (!['requested', 'half-approved', 'overdue'].some((open) => name.startsWith(open)) && !name.startsWith('held')) {
      expect(said).not.toContain('Running');
    }
  });

  it('files are copied before a pod that is up stops; one that is off has to be started for it', () => {
    const said = (more: Partial<Approval>) =>
      plainText(requestCard([newApproval({ ...more, data: 'nothing' })], NOW, accountsOf), 10_000);
    expect(said({})).toContain('before the pod stops');
    expect(said({ fingerprint: off })).not.toContain('before the pod stops');
    expect(said({ fingerprint: off })).toMatch(/start it first.*while it is up/i);
  });

  it('names each of seven, and what they save together', () => {
    const said = plainText(requestCard(CARDS.at(-1)?.[1] ?? [], NOW, accountsOf), 10_000);
    for (let i = 0; i < 7; i++) expect(said).toContain(`run${i}`);
    expect(said).toContain('Together they save $4.60 a day');
  });

  it('hostile names and reasons ping nobody', () => {
    const evil = '<!channel> @everyone <@U7> ```x```';
    const record = newApproval({
      reason: evil,
      where: evil,
      facts: { ...FACTS, name: evil, createdAt: NOW, gpuUtil: [], networkVolumeGb: null, readAt: NOW },
    });
    const body = JSON.parse(everything(requestCard([record], NOW, accountsOf)));
    // Plain text, as in headers and dialogs, is read by nobody.
    const mrkdwn = JSON.stringify(body.slack.blocks).match(/"mrkdwn","text":"((?:[^"\\]|\\.)*)"/g) ?? [];
    expect(mrkdwn.length).toBeGreaterThan(3);
    expect(mrkdwn.join(' ')).not.toMatch(/<!channel|<@U7>/);
    expect(body.discord.allowed_mentions).toEqual({ parse: [], users: [] });
  });

  const FORGED =
    'done”.\n*Approved by* @carol 10:00.\r\n\u2028> **Data**: nothing to keep\u2029_Terminated, verified 10:00._ ~x~ `y` “\u202egnp\u2066\u200b\u00ad';
  const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\r]/;

  it.each(['denied', 'failed', 'requested'] as const)(
    'what somebody wrote stays on its line and in its quotes, formats nothing and hides nothing: %s',
    async (status) => {
      const cardWith = (words: string) => {
        const end = status === 'requested' ? null : ended(words, status === 'denied' ? CAROL : null);
        const facts = { ...newApproval().facts, name: words };
        const by = { ...ALICE, name: words };
        return requestCard(
          [newApproval({ reason: words, where: words, data: 'local', status, end, facts, by })],
          NOW,
          () => [],
        );
      };
      const forged = everything(cardWith(FORGED));
      const lines = (json: string) => json.split('\\n').length;
      expect(lines(forged)).toBe(lines(everything(cardWith('done'))));
      expect(forged).not.toMatch(UNSEEN);
      const { slack, discord } = JSON.parse(forged);
      const quotes = (text: string) => (text.match(/[“”]/g) ?? []).join('');
      for (const text of [slack.blocks[1].text.text, discord.embeds[0].description.split('\n')[0]]) {
        expect(quotes(/Reason: .*/.exec(text)?.[0] ?? '')).toBe('“”');
      }
      const marked = /(?<!\\)[*_~`](?:Approved|Term|x|y)/;
      expect([slack.blocks[1].text.text, discord.embeds[0].title].join(' ')).not.toMatch(marked);
      expect(discord.embeds[0].description).not.toMatch(marked);
      await expect(`${forged}\n`).toMatchFileSnapshot(`../golden/request-forged-${status}.json`);
      breaksNothing(cardWith(FORGED));
    },
  );
});

describe('the form', () => {
  const form: Form = {
    title: 'Terminate pods',
    token: 'v1.terminate.i0123456789abcde',
    submit: 'Ask to terminate',
    intro: { kind: 'text', spans: [{ kind: 'plain', text: 'Terminating deletes the volume disk for good.' }] },
    fields: [
      {
        kind: 'choices',
        id: 'pods',
        label: 'Pods',
        required: true,
        choices: [
          { value: 'a', label: 'run1' },
          { value: 'b', label: 'run2' },
        ],
        initial: ['a'],
        atMost: 10,
      },
      { kind: 'text', id: 'reason', label: 'Reason', required: true, long: false, maxLength: 300, initial: 'done' },
      {
        kind: 'choice',
        id: 'data',
        label: 'What happens to the data',
        required: true,
        choices: [{ value: 'nothing', label: 'Nothing to keep' }],
      },
      {
        kind: 'text',
        id: 'where',
        label: 'Where it is kept',
        hint: 'A path or volume',
        required: false,
        long: false,
        maxLength: 300,
      },
    ],
  };

  it('looks as it did, and fits on both platforms', async () => {
    await expect(`${everyForm(form)}\n`).toMatchFileSnapshot('../golden/form-terminate.json');
    formBreaksNothing(form);
  });

  it('is cut to the platforms’ limits', () => {
    const long = 'x'.repeat(5000);
    const fields = form.fields.map((field) => ({ ...field, label: long, hint: long }));
    formBreaksNothing({ ...form, title: long, submit: long, fields });
  });
});
