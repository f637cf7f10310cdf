import type { Failure } from '../src/bot/failure.ts';
import type { CHATS } from './plan.ts';

/**
 * What a chat may answer instead of taking a message, by what it means for whoever wanted to say something: at least one for
 * each meaning that the bot knows. Values of the demo's chat faults.
 */
export const REFUSALS: Record<(typeof CHATS)[number], Record<Failure['kind'], readonly [string, ...string[]]>> = {
  slack: {
    wait: ['error:fatal_error:post,edit', 'html:502', 'html:403', 'reset'],
    'thread-closed': ['error:restricted_action_thread_locked:thread', 'error:thread_not_found:thread'],
    'channel-closed': ['error:is_archived:post', 'error:restricted_action_read_only_channel:post'],
    'message-gone': ['error:edit_window_closed:edit', 'error:cant_update_message:edit'],
    'right-missing': ['error:missing_scope:post'],
    disowned: ['error:token_revoked:any'],
    'bad-payload': ['error:invalid_blocks:buttons'],
    'person-unreachable': ['error:user_not_found:direct,conversations.open'],
    answered: ['error:exchanged_trigger_id:views.open'],
    unknown: ['error:something_new:post,edit'],
  },
  discord: {
    wait: ['error:130000:post,edit', 'html:502', 'html:403', 'reset', 'close:4000'],
    'thread-closed': ['error:160005:thread,edit', 'error:10003:thread'],
    'channel-closed': ['error:50001:post', 'error:10003:post,open-thread'],
    'message-gone': ['error:10008:edit', 'error:50005:edit'],
    'right-missing': ['error:50013:post'],
    disowned: ['error:0:any'],
    'bad-payload': ['error:50035:buttons'],
    'person-unreachable': ['error:50007:direct'],
    answered: ['error:40060:callback'],
    unknown: ['error:999999:post,edit'],
  },
};
