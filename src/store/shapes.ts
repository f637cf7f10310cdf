import { z } from 'zod';

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
});

/** Membership and groups of every account that a chat shows us, as of the last read. */
export const memberList = z.object({
  readAt: z.number(),
  accounts: z.record(
    z.string(),
    z.object({
      name: z.string(),
      membership: z.enum(['member', 'guest', 'stranger', 'bot', 'deactivated', 'unknown']),
      groups: z.array(z.string()),
    }),
  ),
});
export type Members = z.infer<typeof memberList>;
