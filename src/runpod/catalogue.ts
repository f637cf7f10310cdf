import type { Caller } from './call.ts';
import { readPages } from './pages.ts';
import type { Rows } from './rows.ts';
import { dataCenterRow, type GpuType, gpuRow } from './schemas.ts';

type Signal = { signal?: AbortSignal | undefined };

export class CatalogueApi {
  private readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** All GPU types with stock for one GPU in the given cloud. Stock is not a reservation. */
  async gpus(cloud: 'SECURE' | 'COMMUNITY', options: Signal = {}): Promise<Rows<GpuType>> {
    // include and product require each other; one without the other is 400.
    const query = { include: 'AVAILABILITY', product: 'POD', cloud };
    const path = '/v2/catalog/gpus';
    return readPages(this.caller, { path, query, name: `GET ${path}`, ...options }, 'gpus', gpuRow);
  }

  async dataCenters(options: Signal = {}): Promise<Rows<{ id: string }>> {
    const path = '/v2/catalog/datacenters';
    return readPages(this.caller, { path, name: `GET ${path}`, ...options }, 'dataCenters', dataCenterRow);
  }
}
