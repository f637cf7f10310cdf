import { beforeEach, describe, expect, it } from 'vitest';
import { Dispatch } from '../../src/bot/dispatch.ts';
import type { Front, IncomingEvent, IncomingSubmit, Member } from '../../src/bot/front.ts';
import { DurableInbox } from '../../src/bot/inbox.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import { Standings } from '../../src/bot/people.ts';
import { Pulse } from '../../src/bot/pulse.ts';
import type { Services } from '../../src/bot/services.ts';
import type { Approval } from '../../src/policy/approval.ts';
import { Drafts } from '../../src/store/drafts.ts';
import { Events } from '../../src/store/events.ts';
import { governed } from '../jobs/context.ts';
import { BOB, CAROL, newApproval, voteOf } from '../policy/requests.ts';
import { ALICE, newRow } from '../policy/rows.ts';
import { pod } from '../policy/scan/scans.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const STRANGER = 'slack:T9/U9';
const KEY = 'hf_abcdefghijklmnopqrstuvwxyz012345';

/** A chat in memory: what it was given to say, and who is in it. */
function chat(shows: { dialogs: boolean; waiting: boolean }) {
  const said: string[] = [];
  const say = async (_: unknown, message: Message) => {
    said.push(plainText(message, 10_000) + message.buttons.map(({ label }) => `[${label}]`).join(''));
  };
  const member = async (account: string): Promise<Member> => ({
    account,
    name: account,
    membership: account === STRANGER ? 'stranger' : 'member',
    groups: [],
  });
  const never = async () => {
    throw new Error('not asked for here');
  };
  const front: Front = {
    chat: 'slack',
    hasDialogs: shows.dialogs,
    showsWaiting: shows.waiting,
    shownInRights: [],
    post: never,
    edit: never,
    remove: never,
    find: async () => null,
    reply: say,
    direct: say,
    directPlace: never,
    groupMembers: async () => new Map(),
    member,
    link: () => null,
    pulse: new Pulse(Date.now),
    rights: async () => null,
    start: never,
    pause: never,
    stop: never,
  };
  return { front, said };
}

function stage(shows = { dialogs: true, waiting: false }) {
  const { context, time, approvals } = governed(redis.client());
  const room = { name: 'gpu', timezone: 'UTC', digest: [] };
  const channels = [{ chat: 'slack', channel: 'C1', mirror: true, money: true }];
  const policy = {
    ...context.governance,
    access: { homeChat: 'slack', rules: [] },
    rooms: [{ ...room, channels }],
    presets: {},
  };
  const drafts = new Drafts(redis.client(), context.audit);
  const services = { ...context, policy, drafts, knowsApprovers: true } as unknown as Services;
  const { front, said } = chat(shows);
  const inbox = new DurableInbox(
    front,
    new Dispatch(front, services, new Standings(new Map([['slack', front]]), services)),
    new Events(redis.client(), 'slack', context.audit),
    services,
  );
  let events = 0;
  const from = (account: string, name = 'somebody') => ({
    eventId: `e${++events}`,
    account,
    name,
    place: { chat: 'slack', channel: 'C1' },
    reply: {},
  });
  const happens = async (event: IncomingEvent) => {
    const taken = await inbox.take(event);
    if (await taken.acknowledged()) await taken.run();
  };
  const type = (account: string, text: string) =>
    happens({ kind: 'command', incoming: { ...from(account), input: { kind: 'text', text } } });
  const press = (account: string, token: string) =>
    happens({ kind: 'click', incoming: { ...from(account), token, label: null } });
  const send = async (account: string, token: string, answers: IncomingSubmit['answers'], name?: string) => {
    const incoming = { ...from(account, name), token, answers, kept: null };
    const found = await inbox.problems(incoming);
    if (!found) await happens({ kind: 'submit', incoming });
    return found;
  };
  const ask = async (records: Approval[]) => {
    await approvals.add(records, (await context.links.guarded()).guard, () => []);
  };
  const entries = async () => (await context.audit.head()).n;
  return { inbox, happens, services, context, time, approvals, said, from, type, press, send, entries, ask };
}

async function everythingStored(): Promise<string> {
  const client = redis.client();
  const keys = await client.keys('*');
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
  return dumps.map((dump) => dump?.toString('latin1') ?? '').join('\n');
}

describe('what somebody types', () => {
  it.each([
    ['text', { kind: 'text', text: `help ${'a'.repeat(40_000)}` }],
    ['a value', { kind: 'options', command: 'show', values: { pod: 'a'.repeat(40_005) } }],
  ] as const)('is refused where %s is too long, before anything is read, masked or stored', async (_, input) => {
    const { inbox, happens, from, said } = stage();
    await happens({ kind: 'command', incoming: { ...from(STRANGER), input } });
    expect(said).toEqual(['That is 40005 characters; a command has at most 2000. Shorten it.']);
    const taken = await inbox.take({ kind: 'command', incoming: { ...from(STRANGER), input } });
    expect(taken.opensForm).toBe(false);
    expect(await everythingStored()).not.toMatch(/aaa/);
  });

  it.each([
    ['text', { kind: 'text', text: `show ${KEY}` }],
    ['a value', { kind: 'options', command: 'show', values: { pod: KEY } }],
  ] as const)('does nothing, and is in no store, where %s holds a key', async (_, input) => {
    const { inbox, happens, from, said, entries } = stage();
    await happens({ kind: 'command', incoming: { ...from(ALICE.account), input } });
    expect(said).toEqual([expect.stringMatching(/^That looked like a Hugging Face key, so nothing was done/)]);
    expect(await entries()).toBe(0);
    // Nor while it waits to be carried out.
    await (await inbox.take({ kind: 'command', incoming: { ...from(ALICE.account), input } })).acknowledged();
    expect(await everythingStored()).not.toContain(KEY);
  });

  it('completes nothing for a text beyond that', async () => {
    const { inbox, context, from } = stage();
    await context.snapshots.saveFleet({ readAt: 1, pods: [pod({ id: 'x', name: 'a'.repeat(2001) })] });
    const asked = { ...from(ALICE.account), command: 'show', option: 'pod' };
    expect(await inbox.suggest({ ...asked, text: 'a'.repeat(2000) })).toHaveLength(1);
    expect(await inbox.suggest({ ...asked, text: 'a'.repeat(2001) })).toEqual([]);
  });

  it('completes names without what nobody sees in them', async () => {
    const { inbox, context, from } = stage();
    await context.snapshots.saveFleet({ readAt: 1, pods: [pod({ id: 'x', name: 'tr\u202eain\nrun' })] });
    const [found] = await inbox.suggest({ ...from(ALICE.account), command: 'show', option: 'pod', text: 'tr' });
    expect(found?.name).toMatch(/^train run/);
  });

  it('is not carried out beyond a rate, says so once a minute, and holds nobody else up', async () => {
    const { type, said, time } = stage();
    for (let i = 0; i < 200; i++) await type(STRANGER, 'help');
    expect(said.filter((text) => text.includes('too fast'))).toHaveLength(1);
    expect(said).toHaveLength(61);
    await type(ALICE.account, 'help');
    expect(said.at(-1)).not.toContain('too fast');
    time.real += 2000;
    await type(STRANGER, 'help');
    expect(said.at(-1)).not.toContain('too fast');
    expect(said).toHaveLength(63);
  });

  it('is answered each time where the chat shows that an answer is on its way', async () => {
    const { type, said } = stage({ dialogs: false, waiting: true });
    for (let i = 0; i < 70; i++) await type(STRANGER, 'help');
    expect(said.filter((text) => text.includes('too fast'))).toHaveLength(10);
  });

  it('never meets the rate at a person’s own speed: two presses a second for five minutes', async () => {
    const { press, said, time } = stage();
    for (let i = 0; i < 600; i++) {
      await press(ALICE.account, `v1.stop.p${i}`);
      time.real += 500;
    }
    expect(said.filter((text) => text.includes('too fast'))).toEqual([]);
  });
});

describe('the audit log', () => {
  it('grows by an entry an hour from somebody without rights, whatever they type and press', async () => {
    const { type, press, send, entries, time, ask } = stage();
    await ask([newApproval()]);
    const before = await entries();
    const busy = async () => {
      for (const what of ['help', 'whoami', 'list', 'launch a6000', 'link', 'stop x']) await type(STRANGER, what);
      for (const name of ['approve', 'cancel', 'release', 'stop']) await press(STRANGER, `v1.${name}.b1`);
      await send(STRANGER, 'v1.deny.b1', { reason: ['no'] });
    };
    for (let i = 0; i < 3; i++) await busy();
    expect((await entries()) - before).toBe(1);
    time.real += 3_600_000;
    await busy();
    expect((await entries()) - before).toBe(2);
  });

  it('has all that people with rights do', async () => {
    const { type, press, entries } = stage();
    for (const what of ['help', 'whoami', 'list']) await type(ALICE.account, what);
    await press(ALICE.account, 'v1.stop.p1');
    expect(await entries()).toBe(4);
  });
});

describe('a form', () => {
  it('holds a key that was pasted into it from nobody’s eyes and from no store', async () => {
    const { send, ask, approvals, said } = stage();
    await ask([newApproval()]);
    await send(BOB.account, 'v1.deny.b1', { reason: [`see ${KEY}`] });
    expect((await approvals.inBatch('b1'))[0]).toMatchObject({ status: 'denied', end: { text: 'see [masked key]' } });
    expect(said.join('\n')).not.toContain(KEY);
    expect(await everythingStored()).not.toContain(KEY);
  });

  it('keeps it masked also where the form is to be opened again', async () => {
    const { send, services, context } = stage();
    await context.snapshots.saveFleet({ readAt: 1, pods: [pod({ id: 'x', volumeDisk: { sizeGb: 1, path: '/w' } })] });
    await services.drafts.put('f1', { pods: ['x'] });
    const judged = await send(ALICE.account, 'v1.terminate.f1', { reason: [], data: ['local'], where: [KEY] });
    expect(judged).toMatchObject({ problems: [{ field: 'reason' }] });
    expect(await services.drafts.get('answers-f1')).toMatchObject({ where: ['[masked key]'] });
    expect(await everythingStored()).not.toContain(KEY);
  });

  it('takes no more than its fields hold, whatever a client sends', async () => {
    const { send, ask, approvals } = stage();
    await ask([newApproval()]);
    const judged = await send(BOB.account, 'v1.deny.b1', { reason: ['x'.repeat(301)] });
    expect(judged).toMatchObject({ problems: [{ field: 'reason' }] });
    expect((await approvals.inBatch('b1'))[0]?.status).toBe('requested');
    await send(BOB.account, 'v1.deny.b1', { reason: ['x'.repeat(300)] });
    expect((await approvals.inBatch('b1'))[0]?.status).toBe('denied');
  });
});

describe('a button', () => {
  const ENDED: Approval[] = [
    newApproval({ status: 'denied', end: { at: 1, by: CAROL, text: 'mid-training' } }),
    newApproval({ status: 'done', votes: [voteOf(BOB)], end: { at: 1, by: null, text: '' } }),
    newApproval({ status: 'requested' }),
  ];
  const LAUNCHES = [
    newRow({ ask: { beyond: '', self: [], allowedBy: BOB }, status: 'requested' }),
    newRow({ ask: { beyond: '', self: [], allowedBy: null }, status: 'asking' }),
  ];

  it.each(ENDED.map((record) => [record.status, record] as const))(
    'of a request that is %s tells somebody who may see nothing neither who asked nor who decided',
    async (_, record) => {
      for (const dialogs of [true, false]) {
        await redis.client().flushall();
        const { press, inbox, from, ask, said } = stage({ dialogs, waiting: false });
        await ask([record]);
        for (const name of ['approve', 'cancel', 'release']) await press(STRANGER, `v1.${name}.b1`);
        const click = { ...from(STRANGER), token: 'v1.deny.b1', label: null };
        const opening = await (await inbox.take({ kind: 'click', incoming: click })).open();
        if ('message' in opening) said.push(plainText(opening.message, 10_000));
        expect(said).toHaveLength(4);
        for (const text of said) {
          expect(text).toMatch(/not allowed/);
          expect(text).not.toMatch(/alice|bob|carol|mid-training|run7|approved by|denied|terminated/i);
        }
        await press(BOB.account, 'v1.approve.b1');
        expect(said.at(-1)).toContain('run7');
      }
    },
  );

  it.each(LAUNCHES)('of a launch that is $status tells them nothing either', async (row) => {
    const { press, context, said } = stage();
    await context.ledger.add(row, () => null);
    for (const name of ['allow-launch', 'deny-launch', 'relaunch', 'more']) await press(STRANGER, `v1.${name}.p1`);
    expect(said).toHaveLength(4);
    for (const text of said) {
      expect(text).toMatch(/not allowed/);
      expect(text).not.toMatch(/alice|bob|run7/i);
    }
  });
});

describe('an account that is declared nowhere', () => {
  let staged: ReturnType<typeof stage>;
  beforeEach(async () => {
    staged = stage();
    await staged.ask([newApproval()]);
  });

  it('is marked where its name looks like that of somebody who is', async () => {
    await staged.send('slack:T1/U8', 'v1.deny.b1', { reason: ['no'] }, 'B\u200bо\u202eb');
    const [record] = await staged.approvals.inBatch('b1');
    expect(record?.end?.by).toMatchObject({ person: null, name: 'Bоb (not the Bob in people)' });
  });

  it('keeps its name otherwise, and who is declared theirs', async () => {
    await staged.send('slack:T1/U8', 'v1.deny.b1', { reason: ['no'] }, 'Zoë');
    expect((await staged.approvals.inBatch('b1'))[0]?.end?.by?.name).toBe('Zoë');
    await staged.ask([newApproval({ id: 'r2', batch: 'b2', podId: 'pod2' })]);
    await staged.send(BOB.account, 'v1.deny.b2', { reason: ['no'] }, 'Carol');
    expect((await staged.approvals.inBatch('b2'))[0]?.end?.by?.name).toBe('Bob');
  });
});
