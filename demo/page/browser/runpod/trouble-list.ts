/** What can go wrong, in plain words, and what to watch when it does. `name=value` as a dialogue's `fault` step takes it. */
export interface Trouble {
  name: string;
  value: string;
  label: string;
  about: string;
  /** Hits the next such call, and no other. */
  once?: true;
}

export const troubleKey = ({ name, value }: Trouble) => `${name}=${value}`;

export const RUNPOD_TROUBLES: Trouble[] = [
  {
    name: 'capacity',
    value: 'none',
    label: 'No GPU is free',
    about: 'Launch something: the card says honestly that there is none, and offers what to try instead.',
  },
  {
    name: 'create',
    value: '500-after',
    label: 'The next launch’s answer is lost',
    once: true,
    about:
      'RunPod creates the pod and answers with an error. The bot looks for it by name before it would create another.',
  },
  {
    name: 'create',
    value: 'timeout',
    label: 'The next launch is never answered',
    once: true,
    about:
      'Nothing was created. The card says “state unknown, checking” until that is sure, and only then tries again.',
  },
  {
    name: 'terminate',
    value: 'cut',
    label: 'The next terminate’s answer is cut',
    once: true,
    about: 'The pod is gone and nobody said so: the bot reads it back before the card says Terminated.',
  },
  {
    name: 'funds',
    value: '402',
    label: 'Too little money to launch',
    about: 'RunPod refuses for the balance’s sake; the card says so, and nothing is tried again.',
  },
  {
    name: 'start',
    value: 'no-gpu',
    label: 'Stopped pods lost their GPU',
    about: 'Start a stopped pod: its host has rented the GPU to somebody else, and the answer says what is left to do.',
  },
  {
    name: 'spot',
    value: 'gone',
    label: 'Spot is no longer sold',
    about: 'A spot launch offers today’s on-demand price and one button to take it; it never takes it by itself.',
  },
  {
    name: 'list_lag',
    value: '20000',
    label: 'New pods hide for 20 s',
    about: 'RunPod’s lists lag. A pod that is not listed is not one that does not exist.',
  },
  {
    name: 'list',
    value: 'empty',
    label: 'The list of pods comes back empty',
    about: 'Move the clock an hour: nobody is told that pods are gone, since three scans have to agree on that.',
  },
  {
    name: 'balance_said',
    value: '0',
    label: 'RunPod says the balance is $0',
    about: 'One bad read alarms nobody: the burn does not explain it.',
  },
  {
    name: 'api',
    value: 'down',
    label: 'RunPod’s API is down',
    about: 'Launches wait and say so; chat answers all the same. After a while the bot says that it is blind.',
  },
  {
    name: 'api',
    value: 'slow:1500',
    label: 'RunPod’s API is slow',
    about: 'Every call takes 1.5 s longer. Commands still answer at once: none of them waits for RunPod.',
  },
  {
    name: 'api',
    value: '429:5',
    label: 'RunPod says: too many requests',
    about: 'Calls wait as long as they are told to; stopping and terminating keep a reserve.',
  },
  {
    name: 'api',
    value: 'revoked',
    label: 'RunPod does not know the key any more',
    about: 'A critical warning at once, in the chats and on call. Nothing else is concluded from it.',
  },
  {
    name: 'billing',
    value: 'down',
    label: 'Billing is down',
    about: 'The next digest says that its figures are an estimate from what scans saw.',
  },
];

export const CHAT_TROUBLES: Trouble[] = [
  {
    name: 'slack',
    value: 'down',
    label: 'Slack is down',
    about: 'Launch from Discord: the pod comes up all the same, and Slack is told once it is back.',
  },
  {
    name: 'discord',
    value: 'down',
    label: 'Discord is down',
    about: 'Approvals go on in Slack; Discord’s cards are put right once it is back.',
  },
  {
    name: 'slack',
    value: 'error:restricted_action_read_only_channel:post',
    label: 'Slack’s channels are read-only',
    about: 'Launch from Slack: the card stands in the room’s other chat, and says why.',
  },
  {
    name: 'slack',
    value: 'error:edit_window_closed:edit',
    label: 'Slack lets nobody edit',
    about: 'Stop a pod: its card is posted anew, and no card goes on saying Running.',
  },
  {
    name: 'discord',
    value: 'error:160005:thread',
    label: 'Discord’s threads are locked',
    about: 'Launch from Discord: what belongs in the pod’s thread is said in the channel.',
  },
  {
    name: 'slack',
    value: 'redeliver',
    label: 'Slack sends everything twice',
    about: 'One command, one pod: the second delivery is known by its id.',
  },
  {
    name: 'discord',
    value: 'redeliver',
    label: 'Discord sends everything twice',
    about: 'One click, one vote: the second delivery is known by its id.',
  },
];

export const CLOCK_TROUBLES: Trouble[] = [
  {
    name: 'worker_clock',
    value: '12m',
    label: 'The worker’s clock is 12 minutes fast',
    about:
      'Launch something: the worker refuses to act, and /pod health says why. End this, and the launch is carried out.',
  },
  {
    name: 'bot_clock',
    value: '20m',
    label: 'The bot’s clock is 20 minutes fast',
    about: 'Launch or approve something: the bot refuses, and says whose clock to set. Stop works all the same.',
  },
];

export const ALL_TROUBLES = [...RUNPOD_TROUBLES, ...CHAT_TROUBLES, ...CLOCK_TROUBLES];
