import { expect, it } from 'vitest';
import { allowLaunch, denyLaunch } from '../../src/bot/actions/launching.ts';
import { ACTIONS } from '../../src/bot/actions/list.ts';
import { approve, cancel, deny, release } from '../../src/bot/actions/requests.ts';
import { COMMANDS } from '../../src/bot/commands/list.ts';
import type { Message } from '../../src/bot/message/message.ts';
import { plainText } from '../../src/bot/message/plain-text.ts';
import type { Asker } from '../../src/bot/services.ts';
import type { Membership } from '../../src/policy/access.ts';
import type { Approval } from '../../src/policy/approval.ts';
import { deciderOf } from '../../src/policy/approvers.ts';
import type { PersonRef } from '../../src/policy/identity.ts';
import type { Unread } from '../../src/policy/unread.ts';
import { FakeProvider } from '../jobs/provider.ts';
import { BOB, CAROL, newApproval, voteOf } from '../policy/requests.ts';
import { ALICE, NOW, newRow } from '../policy/rows.ts';
import { useRedis } from '../store/redis.ts';
import { botServices, SLACK_ROOM } from './chats.ts';

const redis = useRedis();
const HELD = { status: 'held' as const, hold: 'breaker' as const, votes: [voteOf(BOB)], dueAt: NOW };
const AN_ADMIN = {
  name: 'admins',
  grant: ['admin' as const],
  deny: [],
  people: [],
  accounts: [ALICE.account],
  groups: [],
};

async function stage(record: Partial<Approval> = {}, memberships: Record<string, Membership> = {}) {
  await redis.client().flushall();
  const { services } = botServices(redis.client(), 'slack');
  const { guard } = await services.links.guarded();
  const { votes = [], ...asked } = record;
  await services.approvals.add([newApproval({ owner: null, ...asked })], guard, () => []);
  // Votes are signed as they are given.
  if (votes.length > 0) {
    const voted = (before: Approval) => ({ ...before, votes });
    await services.approvals.move('r1', voted, () => []);
  }
  const memberOf = (account: string) => ({ membership: memberships[account] ?? ('member' as const), groups: [] });
  const asker = (who: PersonRef): Asker => {
    const registry = { people: services.policy.people, links: [] };
    const found = deciderOf(who.account, { registry, access: services.policy.access, memberOf });
    const { access, membership, accounts } = found;
    const rest = {
      place: SLACK_ROOM,
      room: 'gpu',
      eventId: 'e1',
      again: false,
      unread: null,
      keepReply: async () => '',
    };
    return { who, access, membership, accounts, live: async () => found, ...rest };
  };
  const status = async () => (await services.approvals.get('r1'))?.status;
  return { services, asker, status };
}

const said = (message: Message | null) => (message ? plainText(message, 1000) : '');
const to = (id: string) => ({ id, choice: null });

it('a budget is set on the rights that somebody has now, and not on those that were kept', async () => {
  const { services, asker } = await stage();
  const { access } = services.policy;
  const keepers = { ...AN_ADMIN, grant: ['money' as const, 'budget' as const] };
  services.policy.access = { ...access, rules: [...access.rules, keepers] };
  const kept = asker(ALICE);
  services.policy.access = access;
  const { live } = asker(ALICE);
  const budget = COMMANDS.find(({ name }) => name === 'budget');
  const answer = await budget?.run({ of: 'team', day: 1_000_000 }, { ...kept, live }, services);
  expect(said(answer ?? null)).toContain('not allowed to set budgets');
  expect((await services.budgets.all()).size).toBe(0);
});

it('only whoever asked takes a request back', async () => {
  const { services, asker, status } = await stage();
  expect(said(await cancel.run(to('b1'), asker(BOB), services))).toContain('not allowed to cancel');
  expect(await status()).toBe('requested');
  await cancel.run(to('b1'), asker(ALICE), services);
  expect(await status()).toBe('cancelled');
});

it('a request is denied by its pod’s owner and by whoever may approve, and by nobody else', async () => {
  const guest = { [CAROL.account]: 'guest' as const };
  const reason = { reason: ['no'] };
  const by = async (who: PersonRef, ...staged: Parameters<typeof stage>) => {
    const { services, asker, status } = await stage(...staged);
    const answer = said((await deny.form?.answers?.submit(to('b1'), reason, asker(who), services)) ?? null);
    return `${await status()} ${answer}`;
  };
  expect(await by(ALICE)).toMatch(/^requested .*Cancel withdraws it/);
  expect(await by(CAROL, {}, guest)).toMatch(/^requested .*Guests may not deny/);
  expect(await by(CAROL, { owner: CAROL }, guest)).toMatch(/^requested/);
  expect(await by(BOB)).toMatch(/^denied/);
});

it('a row that reads only in part makes no request void: the read before the DELETE decides', async () => {
  const press = async (unread: Unread[]) => {
    const { services, asker, status } = await stage();
    const pod = new FakeProvider().add('pod1', 'alice-run7-k3f9t2', { imageMark: 'a guess' });
    const pods = [pod, { ...pod, id: 'pod2' }];
    await services.snapshots.saveFleet({ readAt: NOW + 60_000, pods, unread });
    await approve.run(to('b1'), asker(BOB), services);
    return status();
  };
  const of = { of: 'pod', name: null, field: 'image', what: 'null' };
  expect(await press([{ ...of, id: 'pod1' }])).toBe('approved');
  expect(await press([{ ...of, id: 'pod2' }])).toBe('void');
});

it('too many at once are let through by an admin, else by an approver who neither asked nor approved', async () => {
  const { services, asker, status } = await stage(HELD);
  const press = async (who: PersonRef) => said(await release.run(to('b1'), asker(who), services));
  expect(await press(ALICE)).toContain('You asked for this');
  expect(await press(BOB)).toContain('You approved this yourself');
  const { access } = services.policy;
  services.policy.access = { ...access, rules: [...access.rules, AN_ADMIN] };
  expect(await press(ALICE)).toContain('You asked for this');
  expect(await press(CAROL)).toContain('an admin must');
  expect(await status()).toBe('held');
  services.policy.access = access;
  await press(CAROL);
  expect(await services.approvals.get('r1')).toMatchObject({ status: 'held', hold: null, released: CAROL });
});

it('a launch beyond a budget is allowed by another person, and denied by whoever may approve or asked', async () => {
  const { services, asker } = await stage({}, { [CAROL.account]: 'guest' });
  const ask = { beyond: 'the team has spent $8', self: ['slack:U1'], allowedBy: null };
  for (const id of ['p1', 'p2']) await services.ledger.add(newRow({ id, status: 'asking', ask }), () => null);
  const members = Object.fromEntries(
    [ALICE, BOB].map(({ account }) => [account, { account, name: '', membership: 'member' as const, groups: [] }]),
  );
  await services.snapshots.saveMembers(
    'slack',
    new Map(Object.entries(members)),
    await services.snapshots.beginRead(services.clocks.now()),
  );
  const press = async (who: PersonRef, id = 'p1') => said(await allowLaunch.run(to(id), asker(who), services));
  expect(await press(ALICE)).toContain('You asked for this');
  expect(await press(CAROL)).toContain('Guests may not approve');
  expect(said(await denyLaunch.run(to('p1'), asker(CAROL), services))).toContain('not allowed to deny');
  expect((await services.ledger.get('p1'))?.status).toBe('asking');
  expect(await press(BOB)).toContain('Allowed');
  expect(said(await denyLaunch.run(to('p2'), asker(ALICE), services))).toContain('Taken back');
  expect((await services.ledger.get('p2'))?.status).toBe('failed');
});

it('a launch is not allowed for somebody who may not launch any more', async () => {
  const { services, asker } = await stage();
  const ask = { beyond: '', self: ['slack:U1'], allowedBy: null };
  await services.ledger.add(newRow({ status: 'asking', ask }), () => null);
  const left = {
    [ALICE.account]: { account: ALICE.account, name: '', membership: 'deactivated' as const, groups: [] },
  };
  await services.snapshots.saveMembers(
    'slack',
    new Map(Object.entries(left)),
    await services.snapshots.beginRead(services.clocks.now()),
  );
  expect(said(await allowLaunch.run(to('p1'), asker(BOB), services))).toContain('may not launch any more');
  expect((await services.ledger.get('p1'))?.status).toBe('asking');
});

/** What is open to everybody decides by itself who may, or shows nothing that is not public here. */
it('every command and button asks for the right that it needs', () => {
  const needs = (all: readonly { name: string; access: string | null }[]) =>
    Object.fromEntries([...all].sort((a, b) => a.name.localeCompare(b.name)).map(({ name, access }) => [name, access]));
  expect({ commands: needs(COMMANDS), buttons: needs(ACTIONS) }).toMatchInlineSnapshot(`
    {
      "buttons": {
        "allow-launch": null,
        "approve": null,
        "ask-again": "request",
        "cancel": null,
        "claim": "launch",
        "claim-all": "launch",
        "claim-found": "launch",
        "connect": "launch",
        "cost": "money",
        "csv": "money",
        "deny": null,
        "deny-launch": null,
        "digest": "money",
        "disown": "view",
        "link-admit": null,
        "link-confirm": null,
        "link-refuse": null,
        "more": "view",
        "pick": "launch",
        "relaunch": "launch",
        "release": null,
        "share": "money",
        "snooze": "stop",
        "start": "start",
        "stop": "stop",
        "stop-all": "stop",
        "stop-asked": "stop",
        "stop-found": "stop",
        "terminate": "request",
        "terminate-found": "request",
        "terminate-of": "request",
        "top-up": "stop",
        "unlock-asked": "stop",
        "unlock-stop": "stop",
      },
      "commands": {
        "audit": "approve",
        "balance": "money",
        "budget": "money",
        "claim": "launch",
        "cost": "money",
        "gpus": "view",
        "health": "view",
        "help": null,
        "launch": "launch",
        "link": null,
        "list": "view",
        "notify": null,
        "show": "view",
        "snooze": "stop",
        "start": "start",
        "stop": "stop",
        "terminate": "request",
        "unlink": null,
        "warnings": "view",
        "whoami": null,
      },
    }
  `);
});
