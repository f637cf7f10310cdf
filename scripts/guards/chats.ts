import type { Guard } from './guard.ts';

const SERVERS = { file: 'src/bot/discord/servers.ts', test: 'test/bot/discord-servers.test.ts' };

/** What keeps a bot from serving the wrong people, or from living on deaf. */
export const CHAT_GUARDS: readonly Guard[] = [
  {
    guard: 'of several servers, none is ours by chance',
    ...SERVERS,
    without: '(channels.length === 0 && all.length === 1)',
    to: 'channels.length === 0',
    name: 'several servers are none',
  },
  {
    guard: 'another server never takes the place of ours',
    ...SERVERS,
    without: 'best !== undefined && (isAllKnown || this.isBest(best))',
    to: 'false',
    name: 'another server never takes its place',
  },
  {
    guard: 'a server that is away while the bot starts may be ours',
    ...SERVERS,
    without: 'best !== undefined && (isAllKnown || this.isBest(best))',
    to: 'best !== undefined',
    name: 'takes the one with most channels of the rooms once it is back',
  },
  {
    guard: 'a channel that Discord does not tell of is asked for before it counts as closed',
    file: 'src/bot/discord/channel-rights.ts',
    without: 'if (!here) return Promise.race([this.ask(guild.id, channel), pause(PATIENCE_MS, null, { ref: false })]);',
    to: 'if (!here) return GONE;',
    test: 'test/bot/discord-threads.test.ts',
    name: 'a room that is an archived thread is open after a start',
  },
  {
    guard: 'an interaction of another server is nobody’s of ours',
    file: 'src/bot/discord/front.ts',
    without: 'if (d.guild_id && d.guild_id !== this.servers.id) {',
    to: 'if (d.guild_id && this.servers.id === null) {',
    test: SERVERS.test,
    name: 'ours is the server that holds the channels of the rooms',
  },
  {
    guard: 'what a channel refused is not opened by what its rights look like',
    file: 'src/store/places.ts',
    without: "closed?.by === 'rights' && ",
    to: 'closed !== null && ',
    test: 'test/bot/place-rights.test.ts',
    name: 'what a channel refused stays refused',
  },
  {
    guard: 'a launch is refused where its card has no place',
    file: 'src/bot/dispatch.ts',
    without: '(command.posts ? await this.blocked(asker.place, task.again) : null) ??',
    to: '',
    test: 'test/bot/place-rights.test.ts',
    name: 'a launch is refused where its card could not be posted',
  },
  {
    guard: 'one bot that hears a chat is enough',
    file: 'src/store/pulses.ts',
    without: 'isOpen ? null : latest',
    to: 'latest',
    test: 'test/bot/chat-watch.test.ts',
    name: 'one bot that hears a chat is enough',
  },
  {
    guard: 'a refused key is critical at once',
    file: 'src/policy/findings/blind.ts',
    without: "['chat', 'key', 'emptied', 'rolled-back']",
    to: "['chat', 'emptied', 'rolled-back']",
    test: 'test/jobs/key-alarm.test.ts',
    name: 'a key that RunPod refuses is critical at once',
  },
  {
    guard: 'a process whom Redis refuses for good ends',
    file: 'src/entry/store-access.ts',
    without: '() => onFatal(reason)',
    to: '() => {}',
    test: 'test/entry/store-access.test.ts',
    name: 'the process ends where our user is removed',
  },
];
