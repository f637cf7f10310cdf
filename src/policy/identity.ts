import { z } from 'zod';

/** One account of one person on one chat platform, as `<chat>:<workspace or nothing>/<user>`. */
export const accountId = z.string().regex(/^[a-z]+:\S+$/);
export type AccountId = z.infer<typeof accountId>;

/** What is kept of a person with the rows they caused: enough to mention them and to name them. */
export const personRef = z.object({
  account: accountId,
  /** The key under `people` in the policy file; null where nobody declared this account. */
  person: z.string().nullable(),
  /** As the chat platform shows it; text from outside. */
  name: z.string(),
});
export type PersonRef = z.infer<typeof personRef>;

/** Where something is told: a channel of one chat. */
export const place = z.object({ chat: z.string(), channel: z.string() });
export type Place = z.infer<typeof place>;
