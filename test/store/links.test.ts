import { describe, expect, it } from 'vitest';
import type { Link } from '../../src/policy/identity.ts';
import { Approvals } from '../../src/store/approvals.ts';
import { Audit } from '../../src/store/audit.ts';
import { Links } from '../../src/store/links.ts';
import { BOB, newApproval } from '../policy/requests.ts';
import { ALICE, NOW } from '../policy/rows.ts';
import { useRedis } from './redis.ts';

const redis = useRedis();
const EVE = { account: 'discord:9', person: null, name: 'Eve' };
const entry = (kind: string) => ({ at: NOW, kind, actor: null, subject: null, facts: {} });

function open() {
  const audit = new Audit(redis.client(), 'k'.repeat(32));
  const approvals = new Approvals(redis.client(), audit);
  return { approvals, links: new Links(redis.client(), audit, approvals) };
}

describe('codes that join accounts', () => {
  it('are taken once, of many that try at once', async () => {
    const { links } = open();
    await links.issue('CODECODE2345', { by: ALICE, forChat: 'discord' });
    const tries = await Promise.all(
      Array.from({ length: 10 }, (_, i) => links.redeem('CODECODE2345', `discord:${i}`, 'discord')),
    );
    expect(tries.filter((found) => found !== null && found !== 'too-often')).toEqual([
      { by: ALICE, forChat: 'discord' },
    ]);
  });

  it('are good on the other chat only, and a wrong place does not use them up', async () => {
    const { links } = open();
    await links.issue('CODECODE2345', { by: ALICE, forChat: 'discord' });
    expect(await links.redeem('CODECODE2345', 'slack:T1/U9', 'slack')).toBeNull();
    expect(await links.redeem('CODECODE2345', 'discord:9', 'discord')).toMatchObject({ by: ALICE });
  });

  it('have five tries an hour and account', async () => {
    const { links } = open();
    await links.issue('CODECODE2345', { by: ALICE, forChat: 'discord' });
    const guesses = [];
    for (let i = 0; i < 6; i++)
      guesses.push(await links.redeem(i === 5 ? 'CODECODE2345' : 'WRONG', 'discord:9', 'discord'));
    expect(guesses).toEqual([null, null, null, null, null, 'too-often']);
  });

  it('are not stored in clear', async () => {
    const { links } = open();
    await links.issue('CODECODE2345', { by: ALICE, forChat: 'discord' });
    expect((await redis.client().keys('*')).join(' ')).not.toContain('CODECODE2345');
  });
});

describe('a link', () => {
  const link: Link = { id: 'l1', a: ALICE, b: EVE, at: NOW, confirmed: null };

  it('makes both one person in every open request, and an unlink does not undo it', async () => {
    const { links, approvals } = open();
    const { guard } = await links.guarded();
    await approvals.add([newApproval()], guard, () => []);
    await links.change((all) => [...all, link], [], entry('linked'));
    expect((await approvals.get('r1'))?.self).toContain('discord:9');
    await links.change(() => [], [], entry('unlinked'));
    expect((await approvals.get('r1'))?.self).toContain('discord:9');
  });

  it('makes a request anew that was made from the links before it', async () => {
    const { links, approvals } = open();
    const { guard } = await links.guarded();
    await links.change((all) => [...all, link], [], entry('linked'));
    expect(await approvals.add([newApproval()], guard, () => [])).toBeNull();
  });
});

describe('requests', () => {
  it('there is one open for a pod, whoever asks at once', async () => {
    const { links, approvals } = open();
    const { guard } = await links.guarded();
    const ask = (i: number) =>
      approvals.add([newApproval({ id: `r${i}`, batch: `b${i}`, by: i % 2 ? ALICE : BOB })], guard, () => []);
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => ask(i)));
    expect(results.filter((r) => r && r.added.length > 0)).toHaveLength(1);
    expect(results.filter((r) => r && r.known.length > 0)).toHaveLength(7);
    expect(await approvals.open()).toHaveLength(1);
  });

  it('the same form delivered twice is one request', async () => {
    const { links, approvals } = open();
    const { guard } = await links.guarded();
    await approvals.add([newApproval()], guard, () => []);
    expect(await approvals.add([newApproval()], guard, () => [])).toMatchObject({ added: [], known: [{ id: 'r1' }] });
    expect(await approvals.inBatch('b1')).toHaveLength(1);
  });
});
