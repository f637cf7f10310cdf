import { type Block, moment, plain, text } from '../../message/message.ts';
import { endings, lasting, launchedWords } from './money-words.ts';
import { plural, type RuleOfFacts, type Words } from './phrases.ts';

type Quiet<R extends RuleOfFacts> = Pick<Words<R>, 'title' | 'say' | 'still'>;
type AboutMoney = 'runway' | 'low-balance' | 'auto-pay' | 'burn-jump' | 'first-look';

/** What is said of the account’s money where no money may be shown: what happens and when, and no sum. */
const quiet: { [R in AboutMoney]: Quiet<R> } = {
  runway: {
    title: (facts) => (facts.balance <= 0 ? 'The balance has run out' : `The balance lasts ${lasting(facts)}`),
    say: (facts) => [
      facts.balance <= 0
        ? text('The balance reached zero about ', moment(facts.zeroAt), '.')
        : text(
            `The balance${facts.estimated ? ', as estimated,' : ''} reaches zero at `,
            moment(facts.zeroAt),
            ', if nothing changes.',
          ),
      ...endings(facts),
    ],
    still: ({ balance, zeroAt }) => [
      balance <= 0 ? 'the balance ran out about ' : 'the balance reaches zero at ',
      moment(zeroAt),
      '.',
    ],
  },
  'low-balance': {
    title: () => 'The balance is low',
    say: ({ estimated }) => [
      text(`The balance${estimated ? ', as estimated,' : ''} is below a limit of this team (warnings.balance_below).`),
    ],
    still: () => ['the balance is low.'],
  },
  'auto-pay': {
    title: ({ why }) =>
      why === 'below' ? 'Auto-pay should have topped up by now' : 'The burn is more than auto-pay can keep up with',
    say: ({ why }) => [
      text(
        why === 'below'
          ? 'The balance is below the lowest at which auto-pay topped up before. Check whether the payment was refused.'
          : 'An hour costs more than one top-up brings, and auto-pay runs at most once an hour.',
      ),
    ],
    still: () => ['auto-pay does not keep up.'],
  },
  'burn-jump': {
    title: () => 'The burn has jumped',
    say: ({ peak, limit, pods }) => [
      text(
        peak === null ? '' : 'It is far above the most in 14 days. ',
        limit === null ? '' : 'It is above the team’s own limit (warnings.max_rate). ',
        launchedWords(pods),
      ),
      ...launched(pods),
    ],
    still: () => ['the burn is far above usual.'],
  },
  'first-look': {
    title: ({ pods }) => `Podwarden watches this account now: ${plural(pods, 'pod')}`,
    say: ({ up, stopped, unowned, volumes, quietUntil }) => [
      text(
        `${up} up, ${stopped} off, ${plural(volumes, 'network volume')}.`,
        unowned > 0 ? ` ${unowned} of them have no owner.` : '',
      ),
      text(
        'Until ',
        moment(quietUntil),
        ' Podwarden warns only of data that is about to be lost, and of pods launched here.',
      ),
    ],
    still: () => ['Podwarden watches this account.'],
  },
};

function launched(pods: readonly { name: string; gpu: string; owner: { name: string } | null }[]): Block[] {
  if (pods.length === 0) return [];
  const rows = pods.map(({ name, gpu, owner }) => [[plain(name)], [plain(gpu)], [plain(owner?.name ?? '–')]]);
  return [{ kind: 'table', header: ['Pod', 'GPU', 'Owner'], rows, more: 0 }];
}

/** Null for a rule whose words hold no sum of the account. */
export const withoutSums = (rule: RuleOfFacts): Quiet<RuleOfFacts> | null =>
  (quiet as Partial<Record<RuleOfFacts, Quiet<RuleOfFacts>>>)[rule] ?? null;
