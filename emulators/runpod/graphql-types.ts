import type { Field } from './selection.ts';

/** By type: emulated fields, with the type of what has fields itself. */
const FIELDS: Record<string, Record<string, string | null>> = {
  Query: { gpuTypes: 'GpuType', myself: 'User' },
  Mutation: { podRentInterruptable: 'Pod', podBidResume: 'Pod', podTerminate: null },
  User: { id: null, clientBalance: null, currentSpendPerHr: null, pods: 'Pod' },
  Pod: { id: null, name: null, imageName: null, desiredStatus: null, lastStatusChange: null, podType: null },
  GpuType: {
    id: null,
    displayName: null,
    memoryInGb: null,
    manufacturer: null,
    secureCloud: null,
    communityCloud: null,
    securePrice: null,
    communityPrice: null,
    lowestPrice: 'LowestPrice',
  },
  LowestPrice: { minimumBidPrice: null, uninterruptablePrice: null },
};

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What other clients are known to ask for (runpodctl, runpod-python, dstack, gpuhunt), and is not emulated. */
const NOT_EMULATED: Record<string, readonly string[]> = {
  Query: words('dataCenters countryCodes pod'),
  Mutation:
    words(`podFindAndDeployOnDemand deployCpuPod podStop podResume podEditJob createNetworkVolume updateNetworkVolume
    deleteNetworkVolume saveRegistryAuth deleteRegistryAuth updateUserSettings`),
  User: words(`email spendLimit notifyPodsStale notifyPodsGeneral notifyLowBalance underBalance minBalance spendDetails
    clientLifetimeSpend creditAlertThreshold stripeAutoReloadAmount stripeAutoPaymentThreshold pubKey authId networkVolumes
    containerRegistryCreds endpoints`),
  Pod: words(`containerDiskInGb costPerHr uptimeSeconds dockerArgs env gpuCount memoryInGb ports vcpuCount volumeInGb
    volumeMountPath machine machineId runtime dockerId port clusterIp lowestBidPriceToResume latestTelemetry`),
  GpuType: words(`maxGpuCount cudaCores oneWeekPrice oneMonthPrice threeMonthPrice sixMonthPrice communitySpotPrice
    secureSpotPrice nodeGroupDatacenters clusterPrice`),
  LowestPrice: words(`stockStatus minVcpu minMemory compliance countryCode gpuTypeCudaVersions rentedCount totalCount
    rentalPercentage maxUnreservedGpuCount availableGpuCounts`),
};

interface Input {
  type: string;
  required: readonly string[];
  optional: readonly string[];
  notEmulated: readonly string[];
}

/** Of each field that takes one, what its `input` holds. */
export const INPUTS: Record<string, Input> = {
  gpuTypes: { type: 'GpuTypeFilter', required: [], optional: ['id'], notEmulated: [] },
  lowestPrice: {
    type: 'GpuLowestPriceInput',
    required: [],
    optional: ['gpuCount', 'secureCloud'],
    notEmulated: words(
      'dataCenterId countryCode minDisk minMemoryInGb minVcpuCount minCudaVersion allowedCudaVersions',
    ),
  },
  podRentInterruptable: {
    type: 'PodRentInterruptableInput',
    required: words('name gpuTypeId gpuCount bidPerGpu containerDiskInGb'),
    optional: words(
      'cloudType dataCenterId imageName templateId volumeInGb volumeMountPath networkVolumeId ports startSsh',
    ),
    notEmulated:
      words(`env supportPublicIp minCudaVersion allowedCudaVersions dockerArgs containerRegistryAuthId countryCode
      stopAfter terminateAfter compliance minVcpuCount minMemoryInGb minDownload minUpload`),
  },
  podBidResume: {
    type: 'PodBidResumeInput',
    required: words('podId gpuCount bidPerGpu'),
    optional: [],
    notEmulated: [],
  },
  podTerminate: { type: 'PodTerminateInput', required: ['podId'], optional: [], notEmulated: [] },
};

export type Refusal = { kind: 'error' | 'not-emulated'; text: string };

/** Why a selection is refused; null where all of it is emulated. */
export function refuseFields(fields: readonly Field[], type: string): Refusal | null {
  const known = FIELDS[type] ?? {};
  for (const field of fields) {
    const { name } = field;
    if (!Object.hasOwn(known, name)) {
      if (name === '__typename' || NOT_EMULATED[type]?.includes(name))
        return { kind: 'not-emulated', text: `GraphQL’s ${type}.${name}` };
      return { kind: 'error', text: `Cannot query field "${name}" on type "${type}".` };
    }
    const inner = known[name] ?? null;
    if (inner === null && field.fields.length > 0)
      return { kind: 'error', text: `Field "${name}" must not have a selection since it has no subfields.` };
    if (inner !== null && field.fields.length === 0)
      return { kind: 'error', text: `Field "${name}" of type "${inner}" must have a selection of subfields.` };
    const refusal = refuseInput(field) ?? (inner === null ? null : refuseFields(field.fields, inner));
    if (refusal) return refusal;
  }
  return null;
}

function refuseInput({ name, args }: Field): Refusal | null {
  const input = INPUTS[name];
  const extra = Object.keys(args).find((arg) => arg !== 'input' || !input);
  if (extra !== undefined) return { kind: 'error', text: `Unknown argument "${extra}" on field "${name}".` };
  if (!input) return null;
  const given = (args.input ?? {}) as Record<string, unknown>;
  const missing = input.required.find((key) => given[key] === undefined || given[key] === null);
  if (missing !== undefined)
    return { kind: 'error', text: `Field "${missing}" of required type was not provided in "${input.type}".` };
  const strange = Object.keys(given).find((key) => ![...input.required, ...input.optional].includes(key));
  if (strange === undefined) return null;
  return input.notEmulated.includes(strange)
    ? { kind: 'not-emulated', text: `GraphQL’s ${input.type}.${strange}` }
    : { kind: 'error', text: `Field "${strange}" is not defined by type "${input.type}".` };
}

/** Exactly what was asked for, under the keys that were asked for. */
export function project(value: unknown, fields: readonly Field[]): unknown {
  if (Array.isArray(value)) return value.map((one) => project(one, fields));
  if (value === null || value === undefined || fields.length === 0) return value ?? null;
  const row = value as Record<string, unknown>;
  return Object.fromEntries(
    fields.map(({ key, name, fields: inner, args }) => {
      const found = row[name];
      return [key, project(typeof found === 'function' ? found(args.input ?? {}) : found, inner)];
    }),
  );
}
