import { z } from 'zod';
import { type AccountId, accountId } from '../policy/identity.ts';
import { keptUnread } from '../policy/unread.ts';

const cloudPrices = z.object({ SECURE: z.int().nullable(), COMMUNITY: z.int().nullable() });
const stock = z.enum(['HIGH', 'MEDIUM', 'LOW', 'NONE', 'UNKNOWN']);

const gpuType = z.object({
  id: z.string(),
  name: z.string(),
  memoryGb: z.number(),
  sold: z.object({ SECURE: z.boolean(), COMMUNITY: z.boolean() }),
  price: cloudPrices,
  maxCount: cloudPrices,
  stock,
  dataCenters: z.array(z.object({ id: z.string(), stock })),
  spot: z.int().nullable(),
  community: z.object({ stock, spot: z.int().nullable() }).optional(),
});
export type GpuType = z.infer<typeof gpuType>;

const networkVolume = z.object({ id: z.string(), name: z.string(), sizeGb: z.number(), dataCenter: z.string() });
export type NetworkVolume = z.infer<typeof networkVolume>;

export const catalogue = z.object({
  readAt: z.number(),
  gpus: z.array(gpuType),
  dataCenters: z.array(z.string()),
  networkVolumes: z.array(networkVolume),
  unread: keptUnread,
});

export const CATALOGUE_PARTS = { gpus: gpuType, dataCenters: z.string(), networkVolumes: networkVolume };

/** What a chat showed of one account; `readAt` on Podwarden's clock. */
export const keptMember = z.object({
  account: accountId,
  name: z.string(),
  membership: z.enum(['member', 'guest', 'stranger', 'bot', 'deactivated', 'unknown']),
  groups: z.array(z.string()),
  readAt: z.number(),
  /** When they last did something here; absent where they were only read for what they own or may decide. */
  seenAt: z.number().optional(),
});
export type KeptMember = z.infer<typeof keptMember>;

/** All accounts that matter have been read since `readAt`, those left out that cannot be. */
export const peoplePass = z.object({ readAt: z.number(), count: z.int().default(0) });
export type PeoplePass = z.infer<typeof peoplePass>;

/** Accounts of a chat, each as of its own last read. `readAt`: the oldest read of the `count` that matter; null for never. */
export interface Members {
  readAt: number | null;
  count: number;
  accounts: Record<AccountId, KeptMember>;
}

/** Why an account could not be read when it was last tried, and since when that is so. */
export const unreadAccount = z.object({ why: z.string(), since: z.number(), triedAt: z.number() });
export type UnreadAccount = z.infer<typeof unreadAccount>;

export interface UnreadPeople {
  /** Why the chat itself could not be read on; null while it can. */
  chat: UnreadAccount | null;
  /** By account without its workspace. */
  accounts: ReadonlyMap<AccountId, UnreadAccount>;
}

/** When a read began: `order` among all reads, whatever any machine's clock says. */
export interface ReadStamp {
  order: number;
  at: number;
}
