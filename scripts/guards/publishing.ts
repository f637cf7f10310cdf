import type { Guard } from './guard.ts';

const PUBLISHER = { file: 'src/bot/publish/publisher.ts', test: 'test/bot/publisher.test.ts' };
const DISOWNED = 'test/bot/disowned.test.ts';

const LADDER: Guard[] = [
  {
    guard: 'what nobody can see is owed',
    ...PUBLISHER,
    without: 'if (isUnseen && reached.length === 0)',
    to: 'if (isUnseen && reached.length < 0)',
    name: 'is owed, not forgotten, where nobody can be told',
  },
  {
    guard: 'what no channel takes goes to whom it concerns',
    ...PUBLISHER,
    without: 'await this.directly(shown, publication.concerns)',
    to: 'await this.directly(shown, [])',
    name: 'a request that no channel takes goes to those who asked',
  },
  {
    guard: 'what concerns nobody who can be reached goes to whoever keeps watch',
    ...PUBLISHER,
    without: 'peopleNamed(policy.watch.ops.people, this.services)',
    to: '[]',
    name: 'what concerns nobody who can be reached goes to whoever keeps watch',
  },
  {
    guard: 'what is shown on a lower step follows its record',
    ...PUBLISHER,
    without: '    await this.keepUp(publication, reached, isShown);\n',
    name: 'follows the pod there, and comes back once the channel is open',
  },
  {
    guard: 'whom a refused line calls is called directly',
    ...PUBLISHER,
    without: '        await this.callDirectly(id, to.chat, part);\n',
    name: 'whom these call is called directly',
  },
  {
    guard: 'an edit proves no channel open',
    ...PUBLISHER,
    without: 'if (parts.some(({ key }) => !before.includes(slotOf(to, key)))) await',
    to: 'await',
    name: 'is a warning, told in the room’s other chat, until a message goes through again',
  },
];

const ANEW: Guard[] = [
  {
    guard: 'what is posted anew calls nobody',
    file: 'src/bot/publish/copies.ts',
    without: 'const said = anew ?',
    to: 'const said = !at ?',
    test: 'test/bot/refused-posts.test.ts',
    name: 'calls nobody when it is posted anew',
  },
];

const REOPENED = 'test/bot/closed-places.test.ts';

const REOPENS: Guard[] = [
  {
    guard: 'a channel that refused a post is tried again',
    file: 'src/bot/publish/room-rights.ts',
    without: 'if (!rights.closed) await',
    to: 'if (rights.lacks.length < 0) await',
    test: REOPENED,
    name: 'in which nothing is lacking at the next look, is tried at once',
  },
  {
    guard: 'a channel that refuses for what nobody sees is tried no more than once an hour',
    file: 'src/bot/publish/closed-places.ts',
    without: 'clocks.now() - refusedAt < AGAIN_MS',
    to: 'clocks.now() < refusedAt',
    test: REOPENED,
    name: 'is tried once an hour',
  },
  {
    guard: 'a launch is refused only once the channel has refused a try',
    file: 'src/bot/refused-lately.ts',
    without: 'if (await opens(place, refusedAt, services)) return null;',
    to: 'await opens(place, refusedAt, services);',
    test: REOPENED,
    name: 'a launch in a channel that takes messages again is not refused',
  },
];

const KNOWN: Guard[] = [
  {
    guard: 'a chat that knows us no more is said in the other one',
    file: 'src/bot/disowned-chats.ts',
    without: "reason === null ? [] : [blindHit('chat', subject, now, reason, now, room)]",
    to: '[]',
    test: DISOWNED,
    name: 'a chat that knows us no more is a critical warning in the other one',
  },
  {
    guard: 'a bot that one chat hears goes on without the other',
    file: 'src/bot/disowned-chats.ts',
    without: 'if (this.chats.every((one) => this.lasting.has(one)))',
    to: 'if (this.lasting.size > 0)',
    test: DISOWNED,
    name: 'a bot that one chat still hears does not end',
  },
  {
    guard: 'what is said last of whether a chat knows us counts',
    file: 'src/bot/disowned-chats.ts',
    without: '    this.reported = this.reported\n      .then(',
    to: '    this.reported = Promise.resolve()\n      .then(',
    test: DISOWNED,
    name: 'a bot that one chat still hears does not end',
  },
  {
    guard: 'a chat that refuses us at the start is tried again',
    file: 'src/entry/chat-starts.ts',
    without: 'first.catch((error: Error) => this.keepTrying(chat, start, error))',
    to: 'first.catch(() => {})',
    test: 'test/entry/chat-starts.test.ts',
    name: 'a chat that refuses us is told of',
  },
  {
    guard: 'one 401 leaves Discord’s client its token',
    file: 'src/bot/discord/front.ts',
    without: '        this.client.rest.setToken(this.settings.token);\n',
    test: DISOWNED,
    name: 'one 401 of Discord’s does not leave its client without a token',
  },
  {
    guard: 'an answer that nobody can explain is tried for 15 minutes, and no longer',
    file: 'src/policy/patience.ts',
    without: "  if (passed >= PATIENCE_MS) return { kind: 'closed' };\n",
    test: 'test/policy/patience.test.ts',
    name: 'counts from the first refusal whoever looks, and however late',
  },
];

export const PUBLISHING_GUARDS: readonly Guard[] = [...LADDER, ...ANEW, ...REOPENS, ...KNOWN];
