import { actorOf, bare, type Link } from '../../policy/identity.ts';
import { card, code, fields, note, text } from '../message/message.ts';
import type { Asker, Services } from '../services.ts';
import type { Action } from './declare.ts';

const LINKED =
  'Linked: both accounts are one person now. Rights pass from one to the other only when an admin confirms it.';
const REFUSED = 'Refused. Should the other account have said yes at this very moment, /pod unlink ends the link.';
const TOO_LATE = 'Both accounts had said yes already, so they are linked. /pod unlink ends it.';
const LAPSED = 'That question has lapsed. Begin again with /pod link.';

/** The link is made when both sides have said yes. */
export const linkConfirm: Action = {
  name: 'link-confirm',
  access: null,
  async run({ id }, asker, services) {
    // Its event was begun before: the question is gone once the link is there.
    const linked = asker.again ? (await services.links.all()).find((link) => link.id === id) : undefined;
    if (linked && [linked.a.account, linked.b.account].includes(asker.who.account)) return note('good', LINKED);
    const pending = await services.links.pending(id);
    if (!pending) return note('warn', LAPSED);
    const sides = [pending.a.account, pending.b.account];
    if (!sides.includes(asker.who.account)) return note('bad', 'This asks two other accounts.');
    const now = await services.links.confirm(id, asker.who.account);
    if (!now || !sides.every((side) => now.confirmed.includes(side))) {
      return note('info', 'Noted. The other account must say so as well; the question is there, privately.');
    }
    const link: Link = { id, a: pending.a, b: pending.b, at: services.clocks.now(), confirmed: null };
    const made = await services.links.change(
      (all) => (all.some((known) => known.id === id) ? null : [...all, link]),
      services.policy.people,
      entry('linked', link, asker, services),
    );
    if (made) await tellAdmins(link, services);
    await services.links.drop(id);
    return note('good', LINKED);
  },
};

export const linkRefuse: Action = {
  name: 'link-refuse',
  access: null,
  async run({ id }, asker, services) {
    const pending = await services.links.pending(id);
    if (!pending) return note('warn', LAPSED);
    if (![pending.a.account, pending.b.account].includes(asker.who.account))
      return note('bad', 'This asks two other accounts.');
    await services.links.drop(id);
    // Whoever said yes at the same moment may be ahead of it.
    const isLinked = (await services.links.all()).some((link) => link.id === id);
    return note(isLinked ? 'warn' : 'info', isLinked ? TOO_LATE : REFUSED);
  },
};

/** Passes rights, so an admin does it who is not that person. */
export const linkAdmit: Action = {
  name: 'link-admit',
  access: null,
  keeps: true,
  async run({ id }, asker, services) {
    const who = await asker.live('admin');
    if (who.unread !== null) return note('warn', who.unread);
    if (!who.access.may.has('admin')) return note('bad', 'You are not allowed to confirm a link: an admin must.');
    const link = (await services.links.all()).find((known) => known.id === id);
    if (!link) return note('warn', 'That link is no more.');
    const own = [link.a, link.b].some(({ account }) => who.accounts.includes(bare(account)));
    if (own) return note('bad', 'These are your own accounts: another admin must confirm them.');
    const confirm = (all: Link[]) =>
      all.some((known) => known.id === id && known.confirmed === null)
        ? all.map((known) => (known.id === id ? { ...known, confirmed: asker.who } : known))
        : null;
    const done = await services.links.change(
      confirm,
      services.policy.people,
      entry('link-confirmed', link, asker, services),
    );
    return done
      ? note('good', 'Confirmed: rights pass between these accounts.')
      : note('info', 'That was confirmed already.');
  },
};

function entry(kind: string, { id, a, b }: Link, asker: Asker, services: Services) {
  const facts = { a: actorOf(a), b: actorOf(b) };
  return { at: services.clocks.now(), kind, actor: actorOf(asker.who), subject: id, facts };
}

/** Whoever may confirm is told privately; where nobody is an admin the link stays what it is. */
async function tellAdmins(link: Link, services: Services): Promise<void> {
  const sides = [bare(link.a.account), bare(link.b.account)];
  const rules = services.policy.access.rules.filter(({ grant }) => grant.includes('admin'));
  const admins = services.policy.people.filter(({ key }) => rules.some(({ people }) => people.includes(key)));
  const message = card(
    'Two accounts were linked',
    'info',
    [
      fields([link.a.name, code(link.a.account)], [link.b.name, code(link.b.account)]),
      text(
        'They are one person for refusing already. Confirm only if you know that both are the same person: rights then pass between them.',
      ),
    ],
    [{ label: 'Confirm: one person', token: `v1.link-admit.${link.id}` }],
  );
  for (const { accounts } of admins) {
    const account = accounts.find((own) => !sides.includes(bare(own)));
    if (account !== undefined && !accounts.some((own) => sides.includes(bare(own))))
      await services.tellPrivately(account, message);
  }
}
