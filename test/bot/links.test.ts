import { describe, expect, it } from 'vitest';
import { linkAdmit, linkConfirm, linkRefuse } from '../../src/bot/actions/links.ts';
import { unlink } from '../../src/bot/commands/link.ts';
import { UsageError } from '../../src/bot/commands/parse.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker, Services } from '../../src/bot/services.ts';
import { readPolicy } from '../../src/config/load.ts';
import { approve } from '../../src/policy/approval-moves.ts';
import { type Decider, deciderOf } from '../../src/policy/approvers.ts';
import { bare, knownAs, type Link } from '../../src/policy/identity.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Links } from '../../src/store/links.ts';
import { newApproval } from '../policy/requests.ts';
import { NOW } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';

const redis = useRedis();
const { policy } = readPolicy(
  `rooms: { gpu: { slack: { channel: C01 }, discord: { channel: "800000000000000001" } } }
people:
  ada: { slack: U1, discord: "700000000000000001" }
  ben: { slack: U2, discord: "700000000000000002" }
  eve: { slack: U3 }
roles: { admins: { grant: [admin], people: [ada, ben] } }`,
  ['slack', 'discord'],
);
if (!policy) throw new Error('the policy does not parse');
const people = policy.people;
const ref = (account: string, person: string | null = null) => ({ account, person, name: account });
const LINK: Link = {
  id: 'l1',
  a: ref('slack:T1/U3', 'eve'),
  b: ref('discord:700000000000000009'),
  at: NOW,
  confirmed: null,
};

/** The parts of the bot's services that links need, on a real store. */
async function stage(links: Link[] = [LINK]) {
  const audit = new Audit(redis.client(), 'k'.repeat(32));
  const approvals = new Approvals(redis.client(), audit);
  const store = new Links(redis.client(), audit, approvals);
  const entry = { at: NOW, kind: 'linked', actor: null, subject: null, facts: {} };
  await store.change(() => links, people, entry);
  const services = { links: store, approvals, audit, policy, clocks: { now: () => NOW } } as unknown as Services;
  const asker = (account: string): Asker => {
    const memberOf = () => ({ membership: 'member' as const, groups: [] });
    const who: Decider = deciderOf(account, {
      registry: { people, links },
      access: policy?.access ?? never(),
      memberOf,
    });
    const rest = { access: who.access, membership: who.membership, accounts: who.accounts, live: async () => who };
    return { who: ref(account, who.person), ...rest } as unknown as Asker;
  };
  return { services, asker, store, approvals };
}

/** The same asker, of whom the chats say something else by now than what was kept. */
function turned(asker: Asker, more: Partial<Decider>): Asker {
  const { access, membership, accounts } = asker;
  const { account, person } = asker.who;
  const now = { account, person, accounts, membership, access, unread: null, ...more } as Decider;
  return { ...asker, live: async () => now };
}

const NOTHING = { may: new Set<never>(), why: new Map<never, string>() };

function never(): never {
  throw new Error('unreachable');
}

const PENDING = { id: 'l9', a: ref('slack:T1/U3', 'eve'), b: ref('discord:700000000000000009'), confirmed: [] };

const said = (message: Message | null) => plainText(message ?? never(), 1000);
const target = { id: 'l1', choice: null };

describe('an admin confirms a link', () => {
  it('who is not that person: rights pass then', async () => {
    const { services, asker, store } = await stage();
    expect(said(await linkAdmit.run(target, asker('slack:T1/U1'), services))).toContain('Confirmed');
    expect(knownAs('discord:700000000000000009', { people, links: await store.all() })?.key).toBe('eve');
    expect(said(await linkAdmit.run(target, asker('slack:T1/U2'), services))).toContain('already');
  });

  it('and nobody else', async () => {
    const { services, asker, store } = await stage();
    expect(said(await linkAdmit.run(target, asker('slack:T1/U3'), services))).toContain('not allowed');
    expect((await store.all())[0]?.confirmed).toBeNull();
  });

  it('nor an admin whose own accounts they are, from whichever of them', async () => {
    const own: Link = { ...LINK, a: ref('slack:T1/U1', 'ada') };
    const { services, asker, store } = await stage([own]);
    for (const account of ['slack:T1/U1', 'discord:700000000000000001']) {
      expect(said(await linkAdmit.run(target, asker(account), services))).toContain('your own accounts');
    }
    expect((await store.all())[0]?.confirmed).toBeNull();
  });
});

describe('two accounts become one person', () => {
  it('when both said so, each for itself, and then an admin who is neither: nobody else has a say', async () => {
    const { services, asker, store } = await stage([]);
    const told: string[] = [];
    services.tellPrivately = async (account) => void told.push(account);
    await store.begin(PENDING);
    const [a, b, third, admin] = [PENDING.a.account, PENDING.b.account, 'slack:T1/U2', 'slack:T1/U1'];
    const confirm = async (account: string) =>
      said(await linkConfirm.run({ id: 'l9', choice: null }, asker(account), services));

    expect(await confirm(third)).toContain('two other accounts');
    expect(await confirm(a)).toContain('The other account must say so');
    expect(await confirm(a)).toContain('The other account must say so');
    expect(await confirm(third)).toContain('two other accounts');
    expect(said(await linkRefuse.run({ id: 'l9', choice: null }, asker(third), services))).toContain(
      'two other accounts',
    );
    expect(await store.all()).toEqual([]);
    expect((await store.confirm('l9', a))?.confirmed).toEqual([a]);

    expect(await confirm(b)).toContain('Linked');
    expect(knownAs(b, { people, links: await store.all() })).toBeNull();
    expect(told.sort()).toEqual([bare(admin), bare(third)].sort());
    for (const side of [a, b]) {
      expect(said(await linkAdmit.run({ id: 'l9', choice: null }, asker(side), services))).toContain('not allowed');
    }
    expect(said(await linkAdmit.run({ id: 'l9', choice: null }, asker(admin), services))).toContain('Confirmed');
    expect(knownAs(b, { people, links: await store.all() })?.key).toBe('eve');
  });

  it('and whoever refuses when both have said so already hears that they are linked', async () => {
    const { services, asker, store } = await stage([]);
    services.tellPrivately = async () => {};
    await store.begin(PENDING);
    const [a, b] = [PENDING.a.account, PENDING.b.account];
    for (const side of [a, b]) await linkConfirm.run({ id: 'l9', choice: null }, asker(side), services);
    // The question was read before it was answered.
    await store.begin(PENDING);
    expect(said(await linkRefuse.run({ id: 'l9', choice: null }, asker(b), services))).toContain('so they are linked');
    expect(await store.all()).toHaveLength(1);
  });
});

describe('what an admin decides is judged by what the chats say now', () => {
  const decide = {
    'confirming a link': (asker: Asker, services: Services) => linkAdmit.run(target, asker, services),
    unlinking: (asker: Asker, services: Services) => unlink.run({ account: 'slack:T1/U3' }, asker, services),
  };

  it.each(Object.entries(decide))('%s: not by somebody who is an admin no more', async (_, run) => {
    const { services, asker, store } = await stage();
    const before = await store.all();
    expect(said(await run(turned(asker('slack:T1/U1'), { access: NOTHING }), services))).toMatch(/admin/);
    expect(await store.all()).toEqual(before);
  });

  it.each(Object.entries(decide))('%s: an account that cannot be read refuses, and is named', async (_, run) => {
    const { services, asker, store } = await stage();
    const before = await store.all();
    const unread = 'Your Discord account could not be read: Discord is not reachable.';
    expect(said(await run(turned(asker('slack:T1/U1'), { access: NOTHING, unread }), services))).toContain(unread);
    expect(await store.all()).toEqual(before);
  });
});

describe('/pod unlink', () => {
  const account = 'slack:T1/U3';

  it('is for admins, who are told to whoever is none', async () => {
    const { services, asker, store } = await stage();
    expect(said(await unlink.run({ account }, asker(account), services))).toContain('Only an admin can unlink');
    expect(await store.all()).toHaveLength(1);
    expect(said(await unlink.run({ account }, asker('slack:T1/U1'), services))).toContain('Unlinked');
    expect(await store.all()).toEqual([]);
  });

  it('not by an admin whose own accounts they are', async () => {
    const { services, asker } = await stage([{ ...LINK, a: ref('slack:T1/U1', 'ada') }]);
    await expect(unlink.run({ account: 'slack:T1/U1' }, asker('discord:700000000000000001'), services)).rejects.toThrow(
      UsageError,
    );
  });

  it('not by an admin who is part of an open request, from whichever account', async () => {
    const { services, asker, approvals, store } = await stage();
    const { guard } = await store.guarded();
    const asked = newApproval({ quorum: 2, by: ref('slack:T1/U9'), self: ['slack:U9'] });
    await approvals.add([asked], guard, () => []);
    const by = ref('discord:700000000000000001', 'ada');
    const vote = { by, at: NOW, accounts: [by.account, 'slack:U1'] };
    await approvals.move(asked.id, approve(vote, 0), () => []);
    await expect(unlink.run({ account }, asker('slack:T1/U1'), services)).rejects.toThrow(/part of an open request/);
    expect(said(await unlink.run({ account }, asker('slack:T1/U2'), services))).toContain('Unlinked');
  });
});
