import type { HttpAnswer, HttpCall } from '../http.ts';
import { type CatalogueGpu, CUDA_VERSION, cudaFits, DATA_CENTERS, GPUS, volumeTypesOf } from './catalogue.ts';
import type { RestContext } from './context.ts';
import type { Faults } from './faults.ts';
import { notEmulated, problem } from './pods.ts';

const listed = (query: URLSearchParams, name: string): string[] =>
  (query.get(name) ?? '').split(',').filter((word) => word !== '');

/** What a query may not say together; null where it may. */
function refusal({ query }: HttpCall): HttpAnswer | null {
  const include = query.get('include');
  const product = query.get('product');
  if ((include === null) !== (product === null)) return problem(400, 'include and product go together');
  if (include !== null && include !== 'AVAILABILITY') return problem(400, `unknown include ${include}`);
  if (product !== null && product !== 'POD') return notEmulated(`The availability for ${product}`);
  const narrowed = ['count', 'cloud', 'countryCodes', 'cudaVersions', 'minCudaVersion'].find((name) => query.has(name));
  if (include === null && narrowed !== undefined) return problem(400, `${narrowed} needs include=AVAILABILITY`);
  if (query.has('cudaVersions') && query.has('minCudaVersion'))
    return problem(400, 'cudaVersions and minCudaVersion exclude each other');
  const cloud = query.get('cloud');
  if (cloud !== null && cloud !== 'SECURE' && cloud !== 'COMMUNITY') return problem(400, `unknown cloud ${cloud}`);
  if (query.has('countryCodes')) return notEmulated('The filter countryCodes');
  return null;
}

function stockOf(gpu: CatalogueGpu, query: URLSearchParams, faults: Faults): CatalogueGpu['stock'] {
  const sold = query.get('cloud') === 'COMMUNITY' ? gpu.community !== null : gpu.secure !== null;
  const fits = Number(query.get('count') ?? 1) <= gpu.maxCount;
  const cuda = cudaFits(query.get('minCudaVersion') ?? undefined, listed(query, 'cudaVersions'));
  return sold && fits && cuda && faults.capacity !== 'none' ? gpu.stock : 'NONE';
}

function gpuJson(gpu: CatalogueGpu, query: URLSearchParams, faults: Faults) {
  const availability = stockOf(gpu, query, faults);
  const centres = gpu.dataCenters.map((id) => ({ id, name: id, availability }));
  return {
    id: gpu.id,
    name: gpu.name,
    pool: null,
    manufacturer: gpu.manufacturer,
    memory: gpu.memory,
    secure: gpu.secure !== null,
    community: gpu.community !== null,
    price: { secure: gpu.secure ?? 0, community: gpu.community ?? 0 },
    maxCount: { secure: gpu.maxCount, community: gpu.maxCount },
    ...(query.has('include')
      ? {
          availability,
          ...(centres.length > 0 ? { dataCenters: centres } : {}),
          ...(gpu.manufacturer === 'NVIDIA'
            ? { cudaVersions: [{ version: CUDA_VERSION, available: availability !== 'NONE' }] }
            : {}),
        }
      : {}),
  };
}

export function listGpus(call: HttpCall, { faults }: RestContext): HttpAnswer {
  return refusal(call) ?? { status: 200, body: { gpus: GPUS.map((gpu) => gpuJson(gpu, call.query, faults)) } };
}

export function getGpu(call: HttpCall, { faults }: RestContext, id: string): HttpAnswer {
  const gpu = GPUS.find((one) => one.id === id);
  if (!gpu) return problem(404, 'resource not found');
  return refusal(call) ?? { status: 200, body: gpuJson(gpu, call.query, faults) };
}

type Centre = (typeof DATA_CENTERS)[number];
const COMPLIANCE = ['SOC_2_TYPE_2'];

function centreJson(centre: Centre, query: URLSearchParams, faults: Faults) {
  const gpus = GPUS.filter(({ dataCenters }) => dataCenters.includes(centre.id)).map(({ id, name, stock }) => ({
    id,
    name,
    availability: faults.capacity === 'none' ? 'NONE' : stock,
  }));
  return {
    ...centre,
    globalNetwork: true,
    networkVolumeTypes: volumeTypesOf(),
    compliance: COMPLIANCE,
    ...(query.has('include') && gpus.length > 0 ? { gpuAvailability: gpus } : {}),
  };
}

function centreRefusal({ query }: HttpCall): HttpAnswer | null {
  const other = listed(query, 'include').find((word) => word !== 'GPU_AVAILABILITY');
  if (other === 'CPU_AVAILABILITY') return notEmulated('CPU availability');
  return other === undefined ? null : problem(400, `unknown include ${other}`);
}

export function listDataCenters(call: HttpCall, { faults }: RestContext): HttpAnswer {
  const { query } = call;
  const regions = listed(query, 'regions');
  const isWanted = ({ region }: Centre) =>
    (regions.length === 0 || regions.includes(region)) &&
    listed(query, 'networkVolumeTypes').every((type) => volumeTypesOf().includes(type)) &&
    listed(query, 'compliance').every((one) => COMPLIANCE.includes(one)) &&
    query.get('globalNetwork') !== 'false';
  const rows = DATA_CENTERS.filter(isWanted).map((centre) => centreJson(centre, query, faults));
  return centreRefusal(call) ?? { status: 200, body: { dataCenters: rows } };
}

export function getDataCenter(call: HttpCall, { faults }: RestContext, id: string): HttpAnswer {
  const centre = DATA_CENTERS.find((one) => one.id === id);
  if (!centre) return problem(404, 'resource not found');
  return centreRefusal(call) ?? { status: 200, body: centreJson(centre, call.query, faults) };
}
