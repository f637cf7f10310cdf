/** Discord's error codes that are handled by name. Source: Opcodes and Status Codes, JSON error codes. */
const ALREADY_ACKNOWLEDGED = 40_060;
const UNKNOWN_INTERACTION = 10_062;
/** How often the first answer is sent where Discord did not say what became of it. */
const MAX_CALLBACKS = 2;

/**
 * How a first answer went. `unsure`: Discord may have it, so that only an edit shows. `lapsed`: Discord gave up on the
 * interaction, and told the person so.
 */
export type FirstAnswer = 'there' | 'unsure' | 'lapsed';

/** What the refusal of the `sends`th try says; null for nothing. `code` 0: Discord itself did not answer. */
export function firstAnswerFrom(code: number | string, sends: number): FirstAnswer | null {
  // One that was answered before is: by us where the answer was lost, or by the bot that had it before us.
  if (code === ALREADY_ACKNOWLEDGED) return sends === 1 ? 'unsure' : 'there';
  // Of a second try it says nothing: the first may have come through in time.
  if (code === UNKNOWN_INTERACTION) return sends === 1 ? 'lapsed' : 'unsure';
  return code !== 0 || sends === MAX_CALLBACKS ? 'unsure' : null;
}
