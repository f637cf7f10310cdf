/** A catalogue of realistic size and prices (list prices of 2026, USD per GPU-hour); ids are RunPod's own. */
export interface CatalogueGpu {
  id: string;
  name: string;
  memory: number;
  secure: number | null;
  community: number | null;
  /** Lowest bid; null where no spot is offered. */
  bid: number | null;
  maxCount: number;
  stock: 'NONE' | 'LOW' | 'MEDIUM' | 'HIGH';
  dataCenters: string[];
  manufacturer: 'NVIDIA' | 'AMD';
}

export const DATA_CENTERS = [
  { id: 'EU-RO-1', name: 'Romania 1', region: 'EUROPE' },
  { id: 'EU-CZ-1', name: 'Czechia 1', region: 'EUROPE' },
  { id: 'EU-SE-1', name: 'Sweden 1', region: 'EUROPE' },
  { id: 'EU-NL-1', name: 'Netherlands 1', region: 'EUROPE' },
  { id: 'EUR-IS-1', name: 'Iceland 1', region: 'EUROPE' },
  { id: 'EUR-NO-1', name: 'Norway 1', region: 'EUROPE' },
  { id: 'CA-MTL-1', name: 'Montreal 1', region: 'NORTH_AMERICA' },
  { id: 'CA-MTL-3', name: 'Montreal 3', region: 'NORTH_AMERICA' },
  { id: 'US-TX-3', name: 'Texas 3', region: 'NORTH_AMERICA' },
  { id: 'US-KS-2', name: 'Kansas 2', region: 'NORTH_AMERICA' },
  { id: 'US-GA-2', name: 'Georgia 2', region: 'NORTH_AMERICA' },
  { id: 'US-CA-2', name: 'California 2', region: 'NORTH_AMERICA' },
  { id: 'OC-AU-1', name: 'Australia 1', region: 'OCEANIA' },
  { id: 'AP-JP-1', name: 'Japan 1', region: 'ASIA' },
] as const;

type Line = [
  id: string,
  name: string,
  memory: number,
  secure: number | null,
  community: number | null,
  bid: number | null,
  maxCount: number,
  stock: CatalogueGpu['stock'],
  dataCenters: string,
];

const MIG = 'NVIDIA RTX PRO 6000 Blackwell Server Edition MIG';
const LINES: Line[] = [
  ['NVIDIA GeForce RTX 3070', 'RTX 3070', 8, null, 0.13, 0.07, 8, 'LOW', ''],
  ['NVIDIA GeForce RTX 3080', 'RTX 3080', 10, null, 0.17, 0.09, 8, 'LOW', ''],
  ['NVIDIA GeForce RTX 3090', 'RTX 3090', 24, 0.46, 0.22, 0.11, 8, 'MEDIUM', 'EU-CZ-1'],
  ['NVIDIA GeForce RTX 3090 Ti', 'RTX 3090 Ti', 24, null, 0.27, 0.14, 8, 'LOW', ''],
  ['NVIDIA GeForce RTX 4080', 'RTX 4080', 16, null, 0.27, 0.16, 8, 'NONE', ''],
  ['NVIDIA GeForce RTX 4080 SUPER', 'RTX 4080 SUPER', 16, null, 0.28, 0.17, 8, 'LOW', ''],
  ['NVIDIA GeForce RTX 4090', 'RTX 4090', 24, 0.69, 0.34, 0.29, 8, 'HIGH', 'EU-RO-1 EUR-IS-1 US-TX-3'],
  ['NVIDIA GeForce RTX 5080', 'RTX 5080', 16, null, 0.39, 0.25, 8, 'LOW', ''],
  ['NVIDIA GeForce RTX 5090', 'RTX 5090', 32, 0.94, 0.69, 0.53, 8, 'MEDIUM', 'EU-RO-1 EUR-NO-1'],
  ['NVIDIA RTX A2000', 'RTX A2000', 6, null, 0.12, 0.06, 8, 'LOW', ''],
  ['NVIDIA RTX A4000', 'RTX A4000', 16, 0.25, 0.17, 0.1, 10, 'HIGH', 'EU-SE-1 CA-MTL-1'],
  ['NVIDIA RTX A4500', 'RTX A4500', 20, 0.25, 0.19, 0.12, 10, 'MEDIUM', 'EU-RO-1'],
  ['NVIDIA  RTX A4500', 'RTX A4500', 20, 0.25, 0.19, null, 10, 'NONE', ''],
  ['NVIDIA RTX A5000', 'RTX A5000', 24, 0.27, 0.16, 0.11, 10, 'HIGH', 'EU-RO-1 EU-SE-1'],
  ['NVIDIA RTX A6000', 'RTX A6000', 48, 0.49, 0.33, 0.232, 10, 'HIGH', 'EU-RO-1 EU-SE-1 CA-MTL-1 US-KS-2'],
  ['NVIDIA RTX 2000 Ada Generation', 'RTX 2000 Ada', 16, 0.24, null, 0.13, 8, 'MEDIUM', 'EU-RO-1'],
  ['NVIDIA RTX 4000 Ada Generation', 'RTX 4000 Ada', 20, 0.26, 0.2, 0.14, 8, 'MEDIUM', 'EU-RO-1'],
  ['NVIDIA RTX 4000 SFF Ada Generation', 'RTX 4000 SFF Ada', 20, 0.24, null, null, 8, 'NONE', ''],
  ['NVIDIA RTX 5000 Ada Generation', 'RTX 5000 Ada', 32, null, 0.49, 0.31, 8, 'LOW', ''],
  ['NVIDIA RTX 6000 Ada Generation', 'RTX 6000 Ada', 48, 0.77, 0.74, 0.44, 8, 'HIGH', 'EU-RO-1 EUR-IS-1 US-GA-2'],
  ['NVIDIA RTX PRO 4500 Blackwell', 'RTX PRO 4500', 32, 0.66, null, null, 8, 'LOW', 'EU-RO-1'],
  ['NVIDIA RTX PRO 6000 Blackwell Server Edition', 'RTX PRO 6000', 96, 1.84, null, 1.1, 8, 'MEDIUM', 'EU-RO-1 US-TX-3'],
  ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 'RTX PRO 6000 WK', 96, 2.09, 1.69, 1.2, 8, 'MEDIUM', 'US-CA-2'],
  [
    'NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition',
    'RTX PRO 6000 MaxQ',
    96,
    1.94,
    null,
    null,
    8,
    'LOW',
    'US-CA-2',
  ],
  [`${MIG} 1g.24gb`, 'RTX PRO 6000 MIG 1g.24gb', 24, 0.52, null, null, 4, 'LOW', 'US-TX-3'],
  [`${MIG} 2g.48gb`, 'RTX PRO 6000 MIG 2g.48gb', 48, 0.98, null, null, 2, 'LOW', 'US-TX-3'],
  ['NVIDIA L4', 'L4', 24, 0.39, 0.32, 0.2, 8, 'HIGH', 'EU-RO-1 US-TX-3'],
  ['NVIDIA L40', 'L40', 48, 0.99, 0.69, 0.49, 8, 'MEDIUM', 'EU-NL-1'],
  ['NVIDIA L40S', 'L40S', 48, 0.86, 0.79, 0.5, 8, 'HIGH', 'EU-RO-1 US-KS-2 US-GA-2'],
  ['NVIDIA A30', 'A30', 24, null, 0.22, 0.13, 8, 'LOW', ''],
  ['NVIDIA  A30', 'A30', 24, null, 0.22, null, 8, 'NONE', ''],
  ['NVIDIA A40', 'A40', 48, 0.4, 0.35, 0.24, 10, 'HIGH', 'EU-SE-1 CA-MTL-1 US-KS-2'],
  ['NVIDIA A100 80GB PCIe', 'A100 PCIe', 80, 1.39, 1.19, 0.82, 8, 'HIGH', 'EU-RO-1 CA-MTL-3 US-KS-2'],
  ['NVIDIA A100-SXM4-80GB', 'A100 SXM', 80, 1.49, 1.39, 0.95, 8, 'MEDIUM', 'US-GA-2 US-KS-2'],
  ['NVIDIA H100 PCIe', 'H100 PCIe', 80, 2.39, 1.99, 1.25, 8, 'MEDIUM', 'US-KS-2'],
  ['NVIDIA H100 80GB HBM3', 'H100 SXM', 80, 2.99, 2.69, 1.75, 8, 'HIGH', 'EUR-IS-1 US-GA-2 US-CA-2'],
  ['NVIDIA H100 NVL', 'H100 NVL', 94, 2.79, 2.59, 1.6, 8, 'LOW', 'US-KS-2'],
  ['NVIDIA H200', 'H200 SXM', 141, 3.59, null, 2.5, 8, 'MEDIUM', 'EUR-IS-1 US-GA-2 AP-JP-1'],
  ['NVIDIA H200 NVL', 'H200 NVL', 143, 3.39, null, null, 8, 'LOW', 'US-GA-2'],
  ['NVIDIA B200', 'B200', 180, 5.98, null, 4.2, 8, 'LOW', 'EU-RO-1 US-CA-2'],
  ['NVIDIA B300 SXM6 AC', 'B300', 288, 6.19, null, null, 8, 'NONE', ''],
  ['AMD Instinct MI300X OAM', 'MI300X', 192, 2.49, null, 1.5, 8, 'LOW', 'EU-RO-1'],
  ['Tesla V100-PCIE-16GB', 'V100', 16, null, 0.19, 0.1, 8, 'LOW', ''],
  ['Tesla V100-SXM2-16GB', 'V100 SXM2', 16, null, 0.23, 0.12, 8, 'LOW', ''],
  ['Tesla V100-SXM2-32GB', 'V100 SXM2 32GB', 32, null, 0.29, 0.16, 8, 'LOW', ''],
  ['unknown', 'unknown', 0, 0, null, null, 1, 'NONE', ''],
];

export const GPUS: CatalogueGpu[] = LINES.map(
  ([id, name, memory, secure, community, bid, maxCount, stock, centres]) => ({
    id,
    name,
    memory,
    secure,
    community,
    bid,
    maxCount,
    stock,
    dataCenters: centres === '' ? [] : centres.split(' '),
    manufacturer: id.startsWith('AMD') ? 'AMD' : 'NVIDIA',
  }),
);

/** Every data center here has the same network volumes. */
export const volumeTypesOf = (): string[] => ['STANDARD'];

/** What every host here runs. */
export const CUDA_VERSION = '12.8';

/** Whether hosts run what a pod wants: compared as numbers, `12.11` is above `12.2`. */
export function cudaFits(least: string | undefined, allowed: readonly string[] = []): boolean {
  const number = (version: string) => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major * 1000 + minor;
  };
  const enough = least === undefined || number(CUDA_VERSION) >= number(least);
  return enough && (allowed.length === 0 || allowed.includes(CUDA_VERSION));
}
