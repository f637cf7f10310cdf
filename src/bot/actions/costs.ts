import { createHash } from 'node:crypto';
import { shareMessage } from '../../jobs/names.ts';
import { answerTo, readQuestion } from '../commands/cost-answers.ts';
import { answered } from '../commands/costs.ts';
import { showsMoney } from '../commands/gate.ts';
import { card, type Message, note, text } from '../message/message.ts';
import { csv } from '../views/costs/csv.ts';
import { digestDetails } from '../views/costs/digest.ts';
import type { Action } from './declare.ts';

const NOT_HERE =
  'What everybody spends is not to be shown in this channel: its room says money: false, or is another chat than the team’s own.';
const LAPSED = 'That question is not known. /pod cost asks it anew.';

/** The same question, grouped otherwise. */
export const cost: Action = {
  name: 'cost',
  access: 'money',
  async run({ id, choice }, asker, services) {
    const question = readQuestion(id, choice);
    return question ? answered(question, asker, services) : note('warn', LAPSED);
  },
};

/** All of a digest that its card leaves out. */
export const digestDetail: Action = {
  name: 'digest',
  access: 'money',
  keeps: true,
  async run({ id }, _, services) {
    const digest = await services.digests.get(id);
    return digest
      ? digestDetails(digest)
      : note('warn', 'That digest is not kept any more. /pod cost answers for its days.');
  },
};

/** What one person was told, for everybody in the channel; as it is now. */
export const share: Action = {
  name: 'share',
  access: 'money',
  keeps: true,
  async run({ id, choice }, asker, services) {
    const question = readQuestion(id, choice);
    if (!question) return note('warn', LAPSED);
    // Everybody in a channel sees what is shared there.
    if (!showsMoney(asker.place, services)) return note('warn', NOT_HERE);
    const { message } = await answerTo(question, asker.room, services);
    const said: Message = { ...message, buttons: [] };
    said.blocks = [...said.blocks, text('Shared by ', asker.who.name, '.')];
    // From the event: a redelivery shares nothing twice.
    const share = `s${createHash('sha256').update(asker.eventId).digest('hex').slice(0, 12)}`;
    await services.drafts.put(`share-${share}`, { place: asker.place, message: said, by: asker.who });
    await services.enqueue(shareMessage, { share }, { id: `${shareMessage.name}-${share}` });
    return note('good', 'Shared here.');
  },
};

export const csvFile: Action = {
  name: 'csv',
  access: 'money',
  keeps: true,
  async run({ id, choice }, asker, services) {
    const question = readQuestion(id, choice);
    if (!question) return note('warn', LAPSED);
    const { rows: read, name } = await answerTo(question, asker.room, services);
    const rows = await read();
    if (rows === null) return note('warn', 'That is more than a file holds: ask for fewer days, or by person.');
    const file = { kind: 'file' as const, name: `${name}.csv`, text: csv(rows) };
    const lines = rows.length - 1;
    return card('Costs as a file', 'info', [
      text(`${lines} ${lines === 1 ? 'line' : 'lines'}, amounts in USD with all six digits.`),
      file,
    ]);
  },
};
