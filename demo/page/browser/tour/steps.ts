import type { Found, Hands, Memory, Scene } from './scene.ts';

export interface TourStep {
  title: string;
  /** What to do, and why. */
  text: string;
  /** What somebody types who does it by hand. */
  typed?: string;
  /** What to look at once it is done. */
  after?: string;
  act?: { label: string; run: (hands: Hands) => Promise<string | null> };
  /** What came of it, to be remembered; null until it is done. Left out where there is only something to read. */
  done?: (scene: Scene) => Memory | null;
  /** The message to look at. */
  look?: (scene: Scene) => Found | undefined;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const COMMAND = '/pod launch a6000 spot name=tour';

const newPod = ({ account, since }: Scene) => account?.pods.find(({ id }) => !since.pods.includes(id));
const card = (scene: Scene) => scene.post('slack', scene.memory.card);
/** Other pods may have their own: of this one it stands in the thread of its card. */
const warning = (scene: Scene) =>
  scene.said('slack', /bills? double/, { button: 'Terminate', thread: scene.memory.card });
const request = (scene: Scene) => scene.post('slack', scene.memory.request);
const refusedToo = (scene: Scene) => scene.said('slack', /someone else must approve/i, { privately: true });
const inDiscord = (scene: Scene) =>
  scene.said('discord', /asks to terminate/, { after: Number(scene.memory.asked ?? 0), button: 'Approve' });
const runway = (scene: Scene) => scene.said('slack', /balance lasts/, { edited: true });
const digest = (scene: Scene) => scene.said('slack', /Costs (Mon|Tue|Wed|Thu|Fri|Sat|Sun) /);

/** Three minutes through what the bot is for. A capability that comes to the bot adds its step here. */
export const TOUR: TourStep[] = [
  {
    title: 'Two chats, one fleet',
    text: 'This is the real bot. Slack and Discord are emulated, and so is RunPod; nothing leaves your machine and nothing costs money. Be whom you like, at the top: Alice is on the team, Bob and Carol may approve, Mallory may do nothing. Type, press and break whatever you like: the tour waits.',
  },
  {
    title: 'Launch a pod',
    text: 'In Slack’s #gpu, type this and press Enter:',
    typed: COMMAND,
    after: 'One card follows the pod from now on.',
    act: {
      label: 'Type it for me',
      run: async ({ become, act, until }) => {
        become('alice');
        const typed = { kind: 'command', chat: 'slack', person: 'alice', channel: 'gpu', typed: COMMAND } as const;
        return (await act(typed)) ?? until((scene) => newPod(scene) !== undefined);
      },
    },
    done: (scene) => {
      const pod = newPod(scene);
      const found = scene.said('slack', /tour/);
      return pod && found ? { pod: pod.id, card: found.post.id } : null;
    },
    look: card,
  },
  {
    title: 'Watch it come up',
    text: 'The card is edited as RunPod moves: queued, launching, running. The calls stand below RunPod. A launch whose answer is lost is looked for by name before anything is created again.',
    after:
      'Running: with its price and its disks; a line in its thread mentions who waits. Progress is told where it was asked for.',
    done: (scene) => {
      const pod = scene.pod(scene.memory.pod);
      const isUp = pod?.status === 'RUNNING' && /Running/.test(card(scene)?.text ?? '');
      return isUp ? {} : null;
    },
    look: card,
  },
  {
    title: 'Stop it',
    text: 'Press Stop on the card. Slack asks first: what ends, what is lost, and what goes on billing.',
    after: 'Said means done: the card says Stopped only after RunPod was read back.',
    act: { label: 'Stop it for me', run: ({ scene, press }) => press(card(scene()), 'Stop') },
    done: (scene) => {
      const isOff = scene.pod(scene.memory.pod)?.status === 'EXITED' && /Stopped/.test(card(scene)?.text ?? '');
      return isOff ? {} : null;
    },
    look: card,
  },
  {
    title: 'Forget it for a day or more',
    text: 'A stopped pod’s volume disk bills at double rate, and no field of RunPod’s shows it. Move the clock on by a day and an hour, at the top. Warnings keep to working hours: it may take longer.',
    after:
      'There it is: what it costs, whose it is, and what to press. It is in the pod’s thread, with a line in the channel.',
    act: {
      label: 'Let time pass until it warns',
      run: ({ pass }) => pass(6 * DAY, (scene) => warning(scene) !== undefined),
    },
    done: (scene) => {
      const found = warning(scene);
      return found ? { warning: found.post.id } : null;
    },
    look: warning,
  },
  {
    title: 'Ask to terminate it',
    text: 'As Alice, press Terminate… on the warning, say what happens to the data, and send the form.',
    after: 'A request now stands in both chats, with what would be lost and what it saves.',
    act: { label: 'Ask for me', run: askToTerminate },
    done: (scene) => {
      const found = scene.said('slack', /asks to terminate/, { thread: scene.memory.card });
      return found ? { request: found.post.id, asked: String(scene.since.order) } : null;
    },
    look: request,
  },
  {
    title: 'Approve your own request',
    text: 'Still as Alice: press Approve. Nobody approves what they asked for, from whichever account.',
    after: 'Refused, privately, with the reason. Nothing was sent to RunPod.',
    act: {
      label: 'Try it for me',
      run: async ({ scene, become, press }) => {
        become('alice');
        return press(request(scene()), 'Approve');
      },
    },
    done: (scene) => (refusedToo(scene) ? {} : null),
    look: refusedToo,
  },
  {
    title: 'Approve it as Bob, in the other chat',
    text: 'Become Bob at the top, open the thread in Discord’s #gpu, and press Approve: it asks once more, and then it is done.',
    after: 'Approved by Bob, deleted once, read back, and said in both chats. The audit log has all of it: /pod audit.',
    act: { label: 'Be Bob, and approve', run: approveAsBob },
    done: (scene) => {
      const isGone = scene.account !== undefined && scene.pod(scene.memory.pod) === undefined;
      return isGone && /Terminated/.test(request(scene)?.text ?? '') ? {} : null;
    },
    look: (scene) => scene.said('discord', /Terminated/, { after: Number(scene.memory.asked ?? 0) }),
  },
  {
    title: 'Run out of money',
    text: 'At $0 RunPod terminates pods without a network volume. Set the balance to $15, at RunPod, and let two hours pass: a balance that drops like that is believed once three scans agree.',
    after:
      'How long it lasts, and whose data goes when it ends. It is said to those people, and it is said once. Set the balance back to $250 before you go on.',
    act: { label: 'Spend it for me', run: runLow },
    done: (scene) => (runway(scene) ? {} : null),
    look: runway,
  },
  {
    title: 'Read what it cost',
    text: 'Every morning there is a digest: RunPod’s own bill, by person, project and pod. See that the balance is back at $250, else all ends on the way; then move the clock on by a day.',
    after:
      'With its chart, what was wasted, and the buttons that end the waste. /pod cost why says why a day was dear.',
    act: {
      label: 'Go to the next morning',
      run: async ({ act, pass }) => {
        const refused = await act({ kind: 'fault', name: 'balance', value: '250' });
        return refused ?? pass(27 * HOUR, (scene) => digest(scene) !== undefined);
      },
    },
    done: (scene) => (digest(scene) ? {} : null),
    look: digest,
  },
  {
    title: 'Now break it',
    text: 'That was the tour. Try the trouble at RunPod’s side: lose the answer to a launch, kill the worker in the middle, take Slack away. Or look around: /pod help.',
  },
];

async function askToTerminate({ scene, become, press, until, act }: Hands): Promise<string | null> {
  become('alice');
  const found = scene().post('slack', scene().memory.warning);
  const typed = `/pod terminate ${scene().pod(scene().memory.pod)?.name ?? 'tour'}`;
  const refused =
    (await (found
      ? press(found, 'Terminate')
      : act({ kind: 'command', chat: 'slack', person: 'alice', channel: 'gpu', typed }))) ??
    (await until((now) => now.form('slack') !== undefined));
  if (refused !== null) return refused;
  const form = scene().form('slack');
  if (!form) return 'The form is closed already.';
  const values = Object.fromEntries(
    form.fields.map(({ id, kind, required, value, choices }) => {
      const nothing = choices.filter(({ label }) => /nothing/i.test(label)).map((choice) => choice.value);
      const filled = value.some((one) => one !== '') ? value : kind === 'text' ? ['done with it'] : nothing;
      return [id, required ? filled : value];
    }),
  );
  return act({ kind: 'submit', chat: 'slack', person: 'alice', form: form.id, values });
}

/** Discord has no dialog of its own: a private message asks, and its first button repeats the label. */
async function approveAsBob({ scene, become, press, until }: Hands): Promise<string | null> {
  become('bob');
  const asked = (now: Scene) => now.said('discord', /./, { privately: true, button: 'Approve' });
  return (
    (await until((now) => now.me === 'bob' && inDiscord(now) !== undefined)) ??
    (await press(inDiscord(scene()), 'Approve')) ??
    (await until((now) => asked(now) !== undefined)) ??
    press(asked(scene()), 'Approve')
  );
}

/** Enough for most of a day, whatever it is that burns: low enough to warn at once, and nothing ends meanwhile. */
async function runLow({ scene, act, pass }: Hands): Promise<string | null> {
  const burn = scene().account?.burnPerHour ?? 0;
  const value = Math.max(0.05, burn * 20).toFixed(2);
  return (await act({ kind: 'fault', name: 'balance', value })) ?? pass(8 * HOUR, (now) => runway(now) !== undefined);
}
