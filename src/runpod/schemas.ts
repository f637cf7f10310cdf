import { z } from 'zod';

/**
 * A tolerant reader: unknown fields are dropped, unknown enum values pass as text, and what may be missing may be
 * missing. `env` and `registry` are not listed, so a pod's secrets end at this edge.
 */
const port = z.object({
  private: z.int().optional(),
  public: z.int().nullish(),
  type: z.string().optional(),
  ip: z.string().nullish(),
});

const runtime = z.object({
  uptime: z.number().nullish(),
  gpus: z.array(z.object({ util: z.number().nullish(), memoryUtil: z.number().nullish() })).nullish(),
  ports: z.array(port).nullish(),
});

const sshTarget = z.object({ host: z.string(), port: z.int(), username: z.string(), command: z.string() }).partial();

export const pod = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string().nullish(),
  status: z.string(),
  disk: z.number().nullish(),
  mounts: z
    .object({
      persistent: z.object({ size: z.number(), path: z.string() }).nullish(),
      network: z.array(z.object({ volumeId: z.string(), path: z.string() })).nullish(),
    })
    .nullish(),
  ports: z.array(z.string()).nullish(),
  /** Missing on CPU pods, and on a pod resumed without its GPU. */
  gpu: z.object({ id: z.string(), count: z.number() }).nullish(),
  cpu: z.object({ id: z.string() }).nullish(),
  cloud: z.string().nullish(),
  dataCenterId: z.string().nullish(),
  ssh: z.object({ proxy: sshTarget.nullish(), direct: sshTarget.nullish() }).nullish(),
  /** USD an hour for the whole pod; says nothing where the pod is not up. */
  cost: z.number().nullish(),
  locked: z.boolean().nullish(),
  runtime: runtime.nullish(),
  createdAt: z.string(),
  startedAt: z.string().nullish(),
  cluster: z.object({}).nullish(),
});
export type Pod = z.infer<typeof pod>;

const pagination = z.object({ hasNextPage: z.boolean(), nextCursor: z.string().nullish() });

export const podPage = z.object({ pods: z.array(pod), pagination: pagination.nullish() });

export const volumePage = z.object({
  networkVolumes: z.array(z.object({ id: z.string(), name: z.string(), size: z.number(), dataCenter: z.string() })),
  pagination: pagination.nullish(),
});
export type NetworkVolume = z.infer<typeof volumePage>['networkVolumes'][number];

const perCloud = <T extends z.ZodType>(value: T) => z.object({ secure: value.nullish(), community: value.nullish() });

export const gpuType = z.object({
  id: z.string(),
  name: z.string(),
  memory: z.number(),
  secure: z.boolean(),
  community: z.boolean(),
  price: perCloud(z.number()).nullish(),
  maxCount: perCloud(z.number()).nullish(),
  availability: z.string().nullish(),
  dataCenters: z.array(z.object({ id: z.string(), availability: z.string().nullish() })).nullish(),
});
export type GpuType = z.infer<typeof gpuType>;

export const gpuList = z.object({ gpus: z.array(gpuType) });
export const dataCenterList = z.object({
  dataCenters: z.array(z.object({ id: z.string(), name: z.string().nullish() })),
});
