import type { Facts, FactsOf } from '../../../policy/findings/finding.ts';
import { formatUsd } from '../../../policy/money.ts';
import { ago, bold, moment, plain, text } from '../../message/message.ts';
import { oneLine, quoted } from '../../message/visible.ts';
import { autoPay, budget, burnJump, lowBalance, runway } from './money-words.ts';
import { plural, type RuleOfFacts, type Words } from './phrases.ts';
import { changedOutside, duplicate, evicted, idle, stuck, unowned, zeroGpu } from './pod-words.ts';
import { notDurable, orphanVolume, stale, stoppedDouble, twoWriters } from './storage-words.ts';
import { withoutSums } from './without-sums.ts';

type What = FactsOf<'blind'>['what'];
const BLIND: Record<What, [title: string, say: string]> = {
  failing: [
    'Podwarden cannot read RunPod',
    'Scans fail. Nothing is warned of until they work again, and nothing is done. Stop still works where RunPod answers it.',
  ],
  key: [
    'RunPod rejects Podwarden’s key',
    'It was refused, or lacks a scope. Nothing can be read or done until RUNPOD_API_KEY is right.',
  ],
  held: [
    'What RunPod says is not believable',
    'It is held back until three scans agree. Until then nothing acts on it, and no request is void for it.',
  ],
  balance: ['The balance cannot be read', 'It is estimated from what was last known and what has been metered since.'],
  retired: [
    'RunPod’s GraphQL API is gone',
    'Spot, the stop reasons and what bills beside pods are not known any more. Podwarden goes on without them.',
  ],
  sunset: ['RunPod announces the end of an API', 'Update Podwarden before that day.'],
  redis: [
    'Redis is near its memory',
    'When it is full, nothing can be recorded: no launch, no start, no approval. Stop still works. Give it more memory.',
  ],
  worker: [
    'Podwarden’s worker is silent',
    'No scan, no launch and no stop is carried out until it is back. Stop pods in RunPod’s console if it presses.',
  ],
  bot: ['Podwarden’s bot was silent', 'Nobody could be told, and no button worked.'],
  channel: [
    'A channel takes no messages from Podwarden',
    'What belongs there is shown in the room’s other chat, or sent to the people it concerns. Ask an admin to let Podwarden post there again.',
  ],
  chat: [
    'A chat does not know Podwarden any more',
    'Podwarden gets no commands and no button presses from that chat, and may not be able to post there. It retries every minute. If the token was replaced, set the new one and restart Podwarden.',
  ],
  catalog: [
    'GPU types and prices are old',
    'They could not be read for an hour. Launches still work, and their prices are estimates.',
  ],
  presets: [
    'Presets of the policy file cannot be launched',
    'Runpod does not have what they name. Change them in podwarden.yaml and restart Podwarden.',
  ],
  emptied: [
    'Redis was emptied',
    'Pods run on, and nothing was terminated by it. Scans go on, and pods are found again in Runpod. Cards from before follow nothing any more and their buttons do nothing: use /pod list. Warnings, snoozes and budgets’ alerts begin anew.',
  ],
  'rolled-back': [
    'Redis went back to an older state',
    'It does not know what was decided, launched or stopped since. Every request that it holds as open is void: ask again. Pods launched since are found in Runpod; look at /pod list, and claim what is yours.',
  ],
  connection: [
    'Podwarden is not connected to a chat',
    'Commands and buttons there do nothing until Podwarden is connected again; it keeps retrying. Check the network of the bot’s machine and the chat’s status page. Chat:',
  ],
  posts: [
    'A chat takes no posts',
    'Podwarden keeps retrying: cards and warnings are posted there once the chat takes them. Commands may still work. Check the network of the bot’s machine and the chat’s status page.',
  ],
};

/** Whose words the detail is, where it is quoted: not every failure is RunPod's own answer. */
const QUOTED: Partial<Record<What, string>> = { failing: 'Last error', key: 'RunPod' };

function detailOf(what: What, detail: string): string {
  const whose = QUOTED[what];
  return whose === undefined ? ` ${oneLine(detail)}.` : ` ${whose}: ${quoted(detail)}.`;
}

const blind: Words<'blind'> = {
  title: ({ what }) => BLIND[what][0],
  say: ({ what, detail, since: at }) => [
    text(BLIND[what][1], ...(detail === '' ? [] : [detailOf(what, detail)]), ' Since ', ago(at), '.'),
  ],
  still: ({ what }) => [`${BLIND[what][0]}.`],
  many: { title: () => 'Blind', why: '', header: ['What'], row: ({ what }) => [[plain(BLIND[what][0])]] },
};

const firstLook: Words<'first-look'> = {
  title: ({ pods }) => `Podwarden watches this account now: ${plural(pods, 'pod')}`,
  say: ({ up, stopped, unowned: nobodys, volumes, perDay, quietUntil }) => [
    text(
      `${up} up, ${stopped} off, ${plural(volumes, 'network volume')}: about `,
      bold(formatUsd(perDay)),
      ' a day for the pods.',
      nobodys > 0 ? ` ${nobodys} of them are nobody’s.` : '',
    ),
    text(
      'What was there before is no news: until ',
      moment(quietUntil),
      ' only data that is about to be lost is warned of, and what befalls pods launched here.',
    ),
  ],
  still: () => ['Podwarden watches this account.'],
  many: {
    title: () => 'Podwarden watches this account',
    why: '',
    header: ['Pods'],
    row: ({ pods }) => [[plain(String(pods))]],
  },
};

const WORDS: { [R in RuleOfFacts]: Words<R> } = {
  'stopped-double': stoppedDouble,
  stale,
  runway,
  'low-balance': lowBalance,
  'auto-pay': autoPay,
  'burn-jump': burnJump,
  budget,
  'zero-gpu': zeroGpu,
  idle,
  evicted,
  'changed-outside': changedOutside,
  unowned,
  duplicate,
  stuck,
  'not-durable': notDurable,
  'orphan-volume': orphanVolume,
  'two-writers': twoWriters,
  blind,
  'first-look': firstLook,
};

/** The words for these facts; the rule that they name is the one that made them. Without `sums` none of the account's money. */
export function wordsFor(facts: Facts, sums = true) {
  const full = WORDS[facts.rule] as Words<RuleOfFacts>;
  const words = { ...full, ...(sums ? null : withoutSums(facts.rule)) };
  return {
    title: () => words.title(facts as never),
    say: () => words.say(facts as never),
    still: () => words.still(facts as never),
    row: () => words.many.row(facts as never),
    many: words.many,
  };
}
