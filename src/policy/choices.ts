import { z } from 'zod';

/** Which warnings mention a person. Cards are posted for the room in any case. */
export const NOTIFY_LEVELS = ['all', 'urgent', 'critical', 'none'] as const;

/** What a person chose for themselves. Null where they left it to the team. */
export const choice = z.object({
  level: z.enum(NOTIFY_LEVELS),
  /** The one chat in which to be mentioned; null for all. */
  chat: z.string().nullable(),
  /** A direct message beside the mention. */
  direct: z.boolean(),
  /** Hours of the day, from the evening's to the morning's; equal for none. */
  quiet: z.object({ from: z.int(), to: z.int() }).nullable(),
  timezone: z.string().nullable(),
});
export type Choice = z.infer<typeof choice>;

export const NO_CHOICE: Choice = { level: 'all', chat: null, direct: false, quiet: null, timezone: null };

const RANK = { note: 0, warn: 0, urgent: 1, critical: 2 } as const;
const LEAST: Record<Choice['level'], number> = { all: 0, urgent: 1, critical: 2, none: 3 };

/** Whether a person is mentioned for it, in this chat. */
export function mentions({ level, chat }: Choice, severity: keyof typeof RANK, inChat: string): boolean {
  return RANK[severity] >= LEAST[level] && (chat === null || chat === inChat);
}
