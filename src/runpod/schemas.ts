import { z } from 'zod';
import { amount, count, type Kind, number, time, whole } from './rows.ts';

/**
 * A tolerant reader: unknown fields are dropped, unknown enum values pass as text, and all but what names a row may be
 * missing. `env` and `registry` are not listed, so a pod's secrets end at this edge.
 */
const port = z.object({
  private: whole.nullish(),
  public: whole.nullish(),
  type: z.string().nullish(),
  ip: z.string().nullish(),
});

const runtime = z.object({
  uptime: number.nullish(),
  // One that says nothing keeps its place: the others alone would look like all.
  gpus: z.array(z.object({ util: number.nullish(), memoryUtil: number.nullish() }).nullish()).nullish(),
  ports: z.array(port).nullish(),
});

const sshTarget = z.object({ command: z.string().nullish() });

const pod = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  image: z.string().nullish(),
  status: z.string().min(1),
  disk: amount.nullish(),
  mounts: z
    .object({
      persistent: z.object({ size: amount, path: z.string() }).nullish(),
      network: z.array(z.object({ volumeId: z.string(), path: z.string() })).nullish(),
    })
    .nullish(),
  ports: z.array(z.string()).nullish(),
  /** Missing on CPU pods, and on a pod resumed without its GPU. */
  gpu: z.object({ id: z.string().nullish(), count: count.nullish() }).nullish(),
  cpu: z.object({}).nullish(),
  cloud: z.string().nullish(),
  dataCenterId: z.string().nullish(),
  ssh: z.object({ proxy: sshTarget.nullish(), direct: sshTarget.nullish() }).nullish(),
  /** USD an hour for the whole pod; says nothing where the pod is not up. */
  cost: amount.nullish(),
  locked: z.boolean().nullish(),
  runtime: runtime.nullish(),
  createdAt: time.nullish(),
  startedAt: time.nullish(),
  cluster: z.object({}).nullish(),
});
export type Pod = z.infer<typeof pod>;

/** All that the document requires of a pod beside these may be null or missing for a reason. */
export const podRow: Kind<typeof pod> = {
  schema: pod,
  must: ['id', 'status'],
  expected: ['name', 'image', 'disk', 'mounts', 'gpu.id', 'gpu.count', 'cloud', 'cost', 'locked', 'createdAt'],
};

const volume = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  size: amount.nullish(),
  dataCenter: z.string().nullish(),
});
export type NetworkVolume = z.infer<typeof volume>;
export const volumeRow: Kind<typeof volume> = {
  schema: volume,
  must: ['id'],
  expected: ['name', 'size', 'dataCenter'],
};

const perCloud = <T extends z.ZodType>(value: T) => z.object({ secure: value.nullish(), community: value.nullish() });

const gpuType = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  memory: amount.nullish(),
  secure: z.boolean().nullish(),
  community: z.boolean().nullish(),
  price: perCloud(amount).nullish(),
  maxCount: perCloud(count).nullish(),
  availability: z.string().nullish(),
  dataCenters: z.array(z.object({ id: z.string(), availability: z.string().nullish() })).nullish(),
});
export type GpuType = z.infer<typeof gpuType>;
export const gpuRow: Kind<typeof gpuType> = {
  schema: gpuType,
  must: ['id'],
  expected: ['name', 'memory', 'secure', 'community'],
};

const dataCenter = z.object({ id: z.string().min(1), name: z.string().nullish() });
export const dataCenterRow: Kind<typeof dataCenter> = { schema: dataCenter, must: ['id'], expected: [] };
