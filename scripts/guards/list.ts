import { ANSWER_GUARDS } from './answers.ts';
import { BOT_GUARDS } from './bot.ts';
import { CHAT_GUARDS } from './chats.ts';
import { EVENT_GUARDS } from './events.ts';
import type { Guard } from './guard.ts';
import { PEOPLE_GUARDS } from './people.ts';
import { POD_GUARDS } from './pods.ts';
import { PUBLISHING_GUARDS } from './publishing.ts';
import { ROW_GUARDS } from './rows.ts';
import { STORE_GUARDS } from './store.ts';
import { TRUST_GUARDS } from './trust.ts';

export const GUARDS: readonly Guard[] = [
  ...EVENT_GUARDS,
  ...BOT_GUARDS,
  ...TRUST_GUARDS,
  ...PEOPLE_GUARDS,
  ...POD_GUARDS,
  ...PUBLISHING_GUARDS,
  ...ROW_GUARDS,
  ...STORE_GUARDS,
  ...CHAT_GUARDS,
  ...ANSWER_GUARDS,
];
