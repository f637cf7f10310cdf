import type { Guard } from './guard.ts';

const CARDS = 'test/bot/cards.test.ts';

/** What cards and warnings must not claim, offer or leave out. */
export const ANSWER_GUARDS: readonly Guard[] = [
  {
    guard: 'Anywhere leaves no network volume behind',
    file: 'src/bot/views/trouble.ts',
    without: ' && spec.networkVolume === null;',
    to: ';',
    test: CARDS,
    name: 'no capacity names the region as the likely cause',
  },
  {
    guard: 'part of a pod is idle only where all its GPUs report',
    file: 'src/policy/scan/idle.ts',
    without: ' || gpuUtil.length !== gpuCount',
    test: 'test/policy/scan/believe.test.ts',
    name: 'is idle for itself, from the first read that shows it so',
  },
  {
    guard: 'a CPU pod is not one that lost its GPU',
    file: 'src/policy/facts.ts',
    without: 'gpuCount: pod.gpuCount,',
    to: 'gpuCount: pod.gpuCount ?? 0,',
    test: CARDS,
    name: 'that is running has no word of a GPU',
  },
  {
    guard: 'a Discord title mentions nobody and shows no time of somebody’s choice',
    file: 'src/bot/discord/render.ts',
    without: ".replace(/<(?=\\S)/g, '‹')",
    test: CARDS,
    name: 'title formats, mentions and links nothing',
  },
  {
    guard: 'warnings.postpaid counts for what is believed of the balance',
    file: 'src/jobs/read-fleet.ts',
    without: '      declared: postpaid,\n',
    test: 'test/jobs/scan.test.ts',
    name: 'has an account billed afterwards: true',
  },
  {
    guard: 'no sum in a warning where money may not be shown',
    file: 'src/bot/publish/findings.ts',
    without: 'findingCard(all, accountsOf, lead, money)',
    to: 'findingCard(all, accountsOf, lead)',
    test: 'test/bot/money.test.ts',
    name: 'a channel that may not show money gets no sum in a warning',
  },
  {
    guard: 'what we sent explains one change, and not those after it',
    file: 'src/policy/scan/believe.ts',
    without: 'wrote.at < known.since || ',
    test: 'test/policy/scan/believe.test.ts',
    name: 'a stop of ours explains one end, and not the next',
  },
  {
    guard: 'spot without a known price costs at most its bid',
    file: 'src/bot/views/pod-card.ts',
    without: "isQuotedAtMost(spec) ? 'at most' : 'about'",
    to: "'about'",
    test: CARDS,
    name: 'a spot launch without a known price costs at most its bid',
  },
  {
    guard: 'an edit brings an archived thread back',
    file: 'src/bot/discord/posts.ts',
    without:
      "      await this.call(() => this.rest.patch(Routes.channel(channel), { body: { archived: false } }), 'thread');\n",
    test: 'test/bot/refused-posts.test.ts',
    name: 'is brought back by an edit where it archived itself',
  },
  {
    guard: 'a pod on a savings plan saves nothing by a stop',
    file: 'src/bot/views/stop.ts',
    without: 'pod.savingsPlan ? PAID : ',
    test: CARDS,
    name: 'saves nothing by a stop, and says so',
  },
];
