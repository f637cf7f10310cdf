import type { Guard } from './guard.ts';

const STORE = { file: 'src/store/events.ts', test: 'test/store/events.test.ts' };
const INBOX = { file: 'src/bot/inbox.ts', test: 'test/inbox/left.test.ts' };
const AGAIN = 'test/bot/redelivery.test.ts';
const FIRST = { file: 'src/bot/discord/front.ts', test: 'test/bot/first-answers.test.ts' };
const SECRET = 'test/inbox/secret-answers.test.ts';
const TYPED = 'test/bot/admission.test.ts';

const TAKEN_ONCE = "  if state ~= 'taken' or now - tonumber(at) < tonumber(ARGV[6]) then return 0 end\n";

const HELD: Guard[] = [
  {
    guard: 'an event that was taken, or is done, is not taken again',
    ...STORE,
    without: TAKEN_ONCE,
    name: 'are taken by one delivery of many, and stay taken after their end',
  },
  {
    guard: 'a form that was answered and comes again is not carried out again',
    file: STORE.file,
    without: TAKEN_ONCE,
    test: 'test/inbox/again.test.ts',
    name: 'a form that denies a request and comes again after it was answered',
  },
  {
    guard: 'a Discord interaction belongs to one bot',
    file: STORE.file,
    without: TAKEN_ONCE,
    test: AGAIN,
    name: 'on discord, an event that comes again',
  },
  {
    guard: 'a Slack command that comes again is the same event',
    file: 'src/bot/slack/incoming.ts',
    without: 'user: body.user_id };\n  return {\n    eventId: body.trigger_id,',
    to: 'user: body.user_id };\n  return {\n    eventId: crypto.randomUUID(),',
    test: AGAIN,
    name: 'on slack, an event that comes again',
  },
  {
    guard: 'a Slack click that comes again is the same event',
    file: 'src/bot/slack/incoming.ts',
    without: '  };\n  return {\n    eventId: body.trigger_id,',
    to: '  };\n  return {\n    eventId: crypto.randomUUID(),',
    test: AGAIN,
    name: 'on slack, an event that comes again',
  },
  {
    guard: 'a Slack form that comes again is the same event',
    file: 'src/bot/slack/incoming.ts',
    without: 'eventId: `$',
    to: 'eventId: crypto.randomUUID() + `$',
    test: AGAIN,
    name: 'on slack, an event that comes again',
  },
  {
    guard: 'what another bot took over is left alone',
    ...STORE,
    without: 'if owner ~= ARGV[2] or not',
    to: 'if not',
    name: 'may be taken from a bot that did not acknowledge them',
  },
  {
    guard: 'what the store lost is gone on with by whoever has it',
    ...INBOX,
    file: STORE.file,
    without: 'if not owner then return 1 end',
    to: 'if not owner then return 0 end',
    name: 'an event that the store loses',
  },
  {
    guard: 'an event that is done is held by nobody',
    ...STORE,
    without: " or not redis.call('ZSCORE', KEYS[2], ARGV[1]) then",
    to: ' then',
    name: 'are held by nobody after their end',
  },
  {
    guard: 'an event is ended by its holder alone',
    ...STORE,
    without: "if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[2] then return 0 end\n",
    name: 'are taken over with what was written, by one',
  },
  {
    guard: 'an event that somebody holds is not taken over',
    ...STORE,
    without: 'if not score or tonumber(score) > now then',
    to: 'if not score then',
    name: 'are taken over with what was written, by one',
  },
  {
    guard: 'what a front lost is carried out by its own bot',
    ...INBOX,
    without: '({ begun, takenAt }) => begun || takenAt > lost',
    to: '() => true',
    name: 'is carried out and answered, once, also where the front comes back later',
  },
  {
    guard: 'what a front is still at is held for it',
    ...INBOX,
    without: '({ begun, takenAt }) => begun || takenAt > lost',
    to: '({ begun }) => begun',
    name: 'is the front’s for as long as it may need',
  },
];

const ONCE: Guard[] = [
  {
    guard: 'a write that was done is not done again',
    file: 'src/store/commit.ts',
    without: "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end\n",
    test: STORE.test,
    name: 'is done once where its event is run again',
  },
  {
    guard: 'an answer that was given is remembered as given',
    file: 'src/store/replies.ts',
    without: "this.redis.set(key('reply-owner', id), GIVEN, 'PX', TTL_MS)",
    to: "this.redis.del(key('reply-owner', id))",
    test: STORE.test,
    name: 'an answer that was given is not kept again',
  },
  {
    guard: 'nobody gets a pod hours later',
    ...INBOX,
    without: "    if (ageMs > MAX_AGE_MS) return this.answer(held, note('warn', TOO_OLD));\n",
    name: 'is not carried out any more after ten minutes',
  },
  {
    guard: 'the age of an event is also that of its signed stamp',
    file: INBOX.file,
    without: 'Math.max(left.ageMs, Math.abs(this.services.clocks.realNow() - held.work.at))',
    to: 'left.ageMs',
    test: 'test/inbox/replayed.test.ts',
    name: 'an hour later, a form and an approval that somebody copied',
  },
  {
    guard: 'an answer that was found is not found out anew',
    ...INBOX,
    without: '    if (left.answer !== null) return this.answer(held, left.answer as Message);\n',
    name: 'is said as it was found',
  },
  {
    guard: 'a first answer that Discord may have drops no command',
    ...FIRST,
    without: "(await this.callback(d, answer)) === 'lapsed'",
    to: "(await this.callback(d, answer)) !== 'there'",
    name: '(502, then 502), a command is carried out once',
  },
  {
    guard: 'a first answer that Discord has already was ours',
    ...FIRST,
    file: 'src/bot/discord/first-answers.ts',
    without: "return sends === 1 ? 'unsure' : 'there';",
    to: "return 'lapsed';",
    name: '(reset), a command is carried out once',
  },
  {
    guard: 'that Discord does not know a second try says nothing of the first',
    ...FIRST,
    file: 'src/bot/discord/first-answers.ts',
    without: "return sends === 1 ? 'lapsed' : 'unsure';",
    to: "return 'lapsed';",
    name: '(502, then unknown), a command is carried out once',
  },
];

const WORDS: Guard[] = [
  {
    guard: 'an event that was altered in Redis is nobody’s words',
    ...STORE,
    without: ', mac) ? read(json)',
    to: ', mac) || true ? read(json)',
    name: 'are nobody’s words where somebody with Redis alone',
  },
  {
    guard: 'an event is nobody’s words in the other chat',
    ...STORE,
    without: 'return `$' + '{this.chat} ',
    to: 'return `',
    name: 'are nobody’s words in another chat than the one that they were sent in',
  },
  {
    guard: 'a form that could not open is promised nothing first',
    ...INBOX,
    file: 'src/bot/inbox.ts',
    without: 'held.instead ?? note(',
    to: 'note(',
    name: 'whose form could not open while the store was away hears only that',
  },
  {
    guard: 'an event that was altered in Redis is not carried out',
    ...INBOX,
    file: STORE.file,
    without: ', mac) ? read(json)',
    to: ', mac) || true ? read(json)',
    name: 'is carried out in nobody’s name where somebody with Redis alone wrote it',
  },
  {
    guard: 'a text is refused for its length',
    file: 'src/bot/admission.ts',
    without: 'if (length <= MAX_TYPED) return null;',
    to: 'return null;',
    test: TYPED,
    name: 'is refused where a value is too long',
  },
  {
    guard: 'a text is refused for its length before it is masked, parsed or written',
    file: INBOX.file,
    without: 'readEvent(seen, ',
    to: 'readEvent(event, ',
    test: TYPED,
    name: 'is refused where text is too long',
  },
  {
    guard: 'what comes too fast is not carried out',
    file: 'src/bot/admission.ts',
    without: 'if (!this.events.take(account, now)) {',
    to: 'if (false) {',
    test: TYPED,
    name: 'is not carried out beyond a rate',
  },
  {
    guard: 'a key in a command is masked before anything is done with it',
    file: 'src/bot/work.ts',
    without: 'const { input, secret } = masked(incoming.input);',
    to: 'const { input, secret } = { ...masked(incoming.input), input: incoming.input, secret: null };',
    test: TYPED,
    name: 'does nothing, and is in no store, where text holds a key',
  },
  {
    guard: 'a command with a key in it is not carried out',
    file: 'src/bot/work.ts',
    without: "  if (secret) return same({ ...about, kind: 'answer', message: keyWarning(secret) });\n",
    test: TYPED,
    name: 'does nothing, and is in no store, where a value holds a key',
  },
  {
    guard: 'a key in a form is masked',
    file: 'src/bot/work.ts',
    without: 'answers: maskedAnswers(answers), kept',
    to: 'answers, kept',
    test: TYPED,
    name: 'holds a key that was pasted into it from nobody’s eyes',
  },
  {
    guard: 'a key in a form is masked where the form is to be opened again',
    file: 'src/bot/dispatch.ts',
    without: 'const masked = maskedAnswers(answers);',
    to: 'const masked = answers;',
    test: TYPED,
    name: 'keeps it masked also where the form is to be opened again',
  },
  {
    guard: 'a link code is not written while it is answered',
    file: INBOX.file,
    without: 'unwritten ? null : message)',
    to: 'message)',
    test: SECRET,
    name: 'is shown, and at no moment written into the store',
  },
  {
    guard: 'a link code is not kept for later',
    file: INBOX.file,
    without: 'message, unwritten ?? message)',
    to: 'message, message)',
    test: SECRET,
    name: 'is not written either where the chat does not take it',
  },
];

/** What is taken in, by whom it is held, and that it is done and answered once, as it was meant. */
export const EVENT_GUARDS: readonly Guard[] = [...HELD, ...ONCE, ...WORDS];
