import type { Caller } from './call.ts';
import { dataCenterList, type GpuType, gpuList } from './schemas.ts';

type Signal = { signal?: AbortSignal | undefined };

export class CatalogueApi {
  private readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** All GPU types with stock for one GPU in the given cloud. Stock is not a reservation. */
  async gpus(cloud: 'SECURE' | 'COMMUNITY', options: Signal = {}): Promise<GpuType[]> {
    // include and product require each other; one without the other is 400.
    const query = `include=AVAILABILITY&product=POD&cloud=${cloud}`;
    const url = `${this.caller.settings.baseUrl}/v2/catalog/gpus?${query}`;
    const call = { method: 'GET', url, name: 'GET /v2/catalog/gpus', repeat: 'safe', ...options } as const;
    return (await this.caller.json(call, gpuList)).gpus;
  }

  async dataCenters(options: Signal = {}): Promise<{ id: string }[]> {
    const url = `${this.caller.settings.baseUrl}/v2/catalog/datacenters`;
    const call = { method: 'GET', url, name: 'GET /v2/catalog/datacenters', repeat: 'safe', ...options } as const;
    return (await this.caller.json(call, dataCenterList)).dataCenters;
  }
}
