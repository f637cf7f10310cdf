import { z } from 'zod';
import { shortName } from '../../policy/pod-names.ts';
import { formatHead, type NumberedEntry } from '../../store/audit.ts';
import { type Block, bold, card, code, note, plain, text } from '../message/message.ts';
import type { Services } from '../services.ts';
import { defineCommand } from './declare.ts';
import { knownPods } from './pods.ts';

const MAX_ENTRIES = 20;
const MAX_BROKEN = 5;

export const audit = defineCommand({
  name: 'audit',
  summary: 'What was done lately, by whom: all, or about one pod or person',
  args: z.strictObject({
    about: z.string().trim().max(100, { error: 'is too long' }).optional().describe('A pod, or a person'),
  }),
  positional: ['about'],
  access: 'approve',
  outsideRooms: false,
  examples: ['audit', 'audit run7', 'audit bob'],
  async run({ about }, _asker, services) {
    const fits = about === undefined || about === '' ? () => true : await concerns(about, services);
    const { entries, broken } = await services.audit.newest(MAX_ENTRIES, fits);
    if (entries.length === 0 && broken.length === 0)
      return note('info', `Nothing is logged about ${(about ?? '').slice(0, 60)}.`);
    const title = about ? `Audit: ${about.slice(0, 60)}` : 'Audit';
    return card(title, broken.length > 0 ? 'bad' : 'info', [
      ...brokenLine(broken),
      ...(entries.length > 0 ? [tableOf(entries)] : []),
      text('The newest first. The log ends at ', code(formatHead(await services.audit.head())), '.'),
    ]);
  },
});

/** What the chain does not prove is named and not shown: anybody with Redis could have written it. */
function brokenLine(broken: number[]): Block[] {
  if (broken.length === 0) return [];
  const numbers = broken.slice(0, MAX_BROKEN).join(', ');
  const which = broken.length === 1 ? `Entry ${numbers} was` : `${broken.length} entries (${numbers}) were`;
  return [
    text(
      bold(`${which} changed or removed in Redis`),
      ' and not by Podwarden. Run ',
      code('podwarden audit verify'),
      '.',
    ),
  ];
}

function tableOf(entries: NumberedEntry[]): Block {
  return {
    kind: 'table',
    header: ['No.', 'When (UTC)', 'What', 'Who', 'About'],
    rows: entries.map((entry) => [
      [plain(String(entry.n))],
      [plain(new Date(entry.at).toISOString().slice(0, 16).replace('T', ' '))],
      [plain(entry.kind)],
      [plain(entry.actor ?? 'podwarden')],
      [plain(aboutOf(entry))],
    ]),
    more: 0,
  };
}

function aboutOf({ facts, subject }: NumberedEntry): string {
  const said = [facts.name, facts.action, facts.why, facts.status, facts.answer].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  return said.length > 0 ? said.join(', ') : (subject ?? '–');
}

/** A pod by its names or id, a person by key, name or account. */
async function concerns(about: string, services: Services): Promise<(entry: NumberedEntry) => boolean> {
  const wanted = about.toLowerCase();
  const ids = (await knownPods(services)).filter((pod) => pod.name.toLowerCase().includes(wanted)).map((pod) => pod.id);
  const person = services.policy.people.find(({ key, name }) =>
    [key, name.toLowerCase(), shortName(name)].includes(wanted),
  );
  return ({ actor, subject, facts }) => {
    if (person && actor?.endsWith(`(${person.key})`)) return true;
    if (actor?.toLowerCase().includes(wanted)) return true;
    if (subject !== null && (ids.includes(subject) || subject.toLowerCase() === wanted)) return true;
    return typeof facts.name === 'string' && facts.name.toLowerCase().includes(wanted);
  };
}
