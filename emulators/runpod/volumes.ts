import { type HttpAnswer, type HttpCall, jsonBody } from '../http.ts';
import type { Volume } from './account.ts';
import { DATA_CENTERS, volumeTypesOf } from './catalogue.ts';
import type { RestContext } from './context.ts';
import { invalid, newId, notEmulated, problem } from './pods.ts';

const volumeJson = ({ highPerformanceRate, ...volume }: Volume) => ({
  ...volume,
  type: highPerformanceRate === undefined ? 'STANDARD' : 'HIGH_PERFORMANCE',
});

const unknown = () => problem(404, 'resource not found');

export function listVolumes(_: HttpCall, { account }: RestContext): HttpAnswer {
  return { status: 200, body: { networkVolumes: [...account.volumes.values()].map(volumeJson) } };
}

export function getVolume(_: HttpCall, { account }: RestContext, id: string): HttpAnswer {
  const volume = account.volumes.get(id);
  return volume ? { status: 200, body: volumeJson(volume) } : unknown();
}

export function createVolume(call: HttpCall, { account, schemas }: RestContext): HttpAnswer {
  const body = jsonBody(call);
  const violations = schemas.violations('CreateNetworkVolumeRequest', body);
  if (violations.length > 0) return invalid(violations);
  const { name, size, dataCenter, type = 'STANDARD' } = body as Omit<Volume, 'id'> & { type?: string };
  if (!DATA_CENTERS.some(({ id }) => id === dataCenter)) return problem(400, `unknown data center ${dataCenter}`);
  if (!volumeTypesOf().includes(type)) return problem(400, `data center ${dataCenter} has no ${type} network volumes`);
  const volume: Volume = { id: newId().slice(0, 10), name, size, dataCenter };
  account.volumes.set(volume.id, volume);
  return { status: 201, body: volumeJson(volume) };
}

export function updateVolume(call: HttpCall, { account, schemas }: RestContext, id: string): HttpAnswer {
  const volume = account.volumes.get(id);
  if (!volume) return unknown();
  const body = jsonBody(call);
  const violations = schemas.violations('UpdateNetworkVolumeRequest', body);
  if (violations.length > 0) return invalid(violations);
  const { name = volume.name, size = volume.size } = body as Partial<Volume>;
  if (size < volume.size) return problem(400, `size cannot be reduced below ${volume.size} GB`);
  Object.assign(volume, { name, size });
  return { status: 200, body: volumeJson(volume) };
}

/** What deleting a volume does to a pod that mounts it is documented nowhere. */
export function deleteVolume(_: HttpCall, { account }: RestContext, id: string): HttpAnswer {
  if (!account.volumes.has(id)) return unknown();
  if ([...account.pods.values()].some(({ network }) => network?.volumeId === id))
    return notEmulated('Deleting a network volume that a pod mounts');
  account.volumes.delete(id);
  return { status: 204 };
}
