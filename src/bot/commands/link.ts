import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { actorOf, chatOf, overlap, type PersonRef } from '../../policy/identity.ts';
import { card, code, fields, type Message, note, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import { defineCommand } from './declare.ts';
import { UsageError } from './parse.ts';

/** 31 letters and digits that are not mistaken for others: 12 of them are 59 bits. */
const LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 12;

function newCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

const inGroups = (plain: string) => plain.replace(/(.{4})(?=.)/g, '$1-');

/** A code as people type it: any case, with or without its dashes. */
const read = (typed: string) => typed.toUpperCase().replace(/[^0-9A-Z]/g, '');

/** Who types no code asks for one. */
const isBlank = (typed: string | undefined): typed is undefined | '' => typed === undefined || typed === '';

export const link = defineCommand({
  name: 'link',
  summary: 'Say that an account of yours in the other chat is you too',
  args: z.strictObject({
    code: z
      .string()
      .trim()
      .max(40, { error: 'is too long' })
      .optional()
      .describe('The code that the other chat gave you'),
  }),
  positional: ['code'],
  secret: ['code'],
  secretAnswer: ({ code }) => isBlank(code),
  access: null,
  outsideRooms: false,
  examples: ['link', 'link ABCD-EFGH-JKMN'],
  async run({ code: typed }, asker, services) {
    return isBlank(typed) ? issue(asker, services) : redeem(read(typed), asker, services);
  },
});

async function issue(asker: Asker, services: Services): Promise<Message> {
  const here = chatOf(asker.who.account);
  const other = services.policy.rooms.flatMap((room) => room.channels).find(({ chat }) => chat !== here)?.chat;
  if (other === undefined) return note('warn', 'There is only one chat here, so there is nothing to link.');
  const fresh = newCode();
  await services.links.issue(fresh, { by: asker.who, forChat: other });
  // Whoever holds no right asks as often as they like, and an entry is for good.
  if (asker.access.may.size > 0) await log('link-code-issued', asker.who, { for: other }, services);
  return card('Link your other account', 'info', [
    text(
      'In the other chat type ',
      code(`/pod link ${inGroups(fresh)}`),
      ' within ten minutes. Only you see this code; it works once.',
    ),
    text(
      'Then both accounts are asked. Linking makes them one person for refusing; rights pass only when an admin confirms it.',
    ),
  ]);
}

async function redeem(plain: string, asker: Asker, services: Services): Promise<Message> {
  const found = await services.links.redeem(plain, asker.who.account, chatOf(asker.who.account));
  if (found === 'too-often') return note('bad', 'That was the fifth code within an hour. Try again later.');
  if (found === null) {
    await log('link-code-refused', asker.who, {}, services);
    return note(
      'warn',
      'That code is not good here: mistyped, used, older than ten minutes, or made for the other chat.',
    );
  }
  const id = services.newId();
  await services.links.begin({ id, a: found.by, b: asker.who, confirmed: [] });
  await services.tellPrivately(found.by.account, question(id, found.by, asker.who));
  return question(id, found.by, asker.who);
}

/** Both sides see both names. */
function question(id: string, a: PersonRef, b: PersonRef): Message {
  return card(
    'Are both of these you?',
    'warn',
    [
      fields([a.name, code(a.account)], [b.name, code(b.account)]),
      text('Both sides must confirm. If one is not you, refuse.'),
    ],
    [
      { label: 'Both are me', token: `v1.link-confirm.${id}`, style: 'primary' },
      { label: 'Refuse', token: `v1.link-refuse.${id}` },
    ],
  );
}

export const unlink = defineCommand({
  name: 'unlink',
  summary: 'Take a link between two accounts away; an admin must',
  args: z.strictObject({
    account: z
      .string()
      .trim()
      .max(100, { error: 'is too long' })
      .optional()
      .describe('One of the accounts, as whoami shows it'),
  }),
  positional: ['account'],
  access: null,
  outsideRooms: false,
  examples: ['unlink'],
  async run({ account }, asker, services) {
    const wanted = account === undefined || account === '' ? asker.who.account : account;
    const links = (await services.links.all()).filter(({ a, b }) => a.account === wanted || b.account === wanted);
    if (links.length === 0) return note('info', `${wanted.slice(0, 100)} is linked to nothing.`);
    const who = await asker.live('admin');
    if (who.unread !== null) return note('warn', who.unread);
    if (!who.access.may.has('admin')) {
      return note(
        'warn',
        `Only an admin can unlink, and not one whose accounts these are: ask one to type /pod unlink ${wanted.slice(0, 100)}.`,
      );
    }
    const own = links.some(({ a, b }) =>
      [a, b].some((side) => asker.accounts.includes(side.account.replace(/:[^/]+\//, ':'))),
    );
    if (own) throw new UsageError('These are your own accounts: another admin must unlink them.');
    const open = await services.approvals.open();
    const part = open.some((record) =>
      [record.self, ...record.votes.map(({ accounts }) => accounts)].some((side) => overlap(side, asker.accounts)),
    );
    if (part) throw new UsageError('You are part of an open request: another admin must unlink, or you afterwards.');
    const ids = links.map(({ id }) => id);
    const at = services.clocks.now();
    const entry = {
      at,
      kind: 'unlinked',
      actor: actorOf(asker.who),
      subject: wanted.slice(0, 100),
      facts: { links: ids.join(' ') },
    };
    await services.links.change((all) => all.filter(({ id }) => !ids.includes(id)), services.policy.people, entry);
    return note('good', `Unlinked ${wanted}. Requests that are open still count both accounts as one person.`);
  },
});

async function log(kind: string, who: PersonRef, facts: Record<string, string>, services: Services): Promise<void> {
  await services.audit.append({ at: services.clocks.now(), kind, actor: actorOf(who), subject: who.account, facts });
}
