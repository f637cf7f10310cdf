import { describe, expect, it } from 'vitest';
import { alternatives, cleanCatalogue, findGpu, gpuWord } from '../../src/policy/gpu.ts';
import { CATALOGUE, gpuNamed, RAW_CATALOGUE } from './catalogue.ts';

const names = (query: string) => {
  const match = findGpu(query, CATALOGUE);
  if (match.kind === 'one') return match.gpu.name;
  return match.kind === 'several' ? match.gpus.map((gpu) => gpu.name) : match;
};

describe('finding the GPU that is meant', () => {
  it.each([
    ['a6000', 'RTX A6000'],
    ['RTX A6000', 'RTX A6000'],
    ['nvidia rtx a6000', 'RTX A6000'],
    ['4090', 'RTX 4090'],
    ['rtx4090', 'RTX 4090'],
    ['3090', 'RTX 3090'],
    ['3090ti', 'RTX 3090 Ti'],
    ['3090 Ti', 'RTX 3090 Ti'],
    ['4080s', 'RTX 4080 SUPER'],
    ['l40', 'L40'],
    ['l40s', 'L40S'],
    ['a40', 'A40'],
    ['6000ada', 'RTX 6000 Ada'],
    ['4000 ada', 'RTX 4000 Ada'],
    ['4000 sff', 'RTX 4000 SFF Ada'],
    ['h100 sxm', 'H100 SXM'],
    ['h100sxm', 'H100 SXM'],
    ['h100-pcie', 'H100 PCIe'],
    ['h200', 'H200 SXM'],
    ['h200nvl', 'H200 NVL'],
    ['pro6000wk', 'RTX PRO 6000 WK'],
    ['pro 6000 maxq', 'RTX PRO 6000 MaxQ'],
    ['mi300x', 'MI300X'],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM'],
    ['b300', 'B300'],
  ])('%s is %s', (query, name) => {
    expect(names(query)).toBe(name);
  });

  it.each([
    ['h100', ['H100 PCIe', 'H100 SXM', 'H100 NVL']],
    ['a100', ['A100 PCIe', 'A100 SXM']],
    [
      'pro 6000',
      ['RTX PRO 6000', 'RTX PRO 6000 WK', 'RTX PRO 6000 MaxQ', 'RTX PRO 6000 MIG 1g.24gb', 'RTX PRO 6000 MIG 2g.48gb'],
    ],
    ['mig', ['RTX PRO 6000 MIG 1g.24gb', 'RTX PRO 6000 MIG 2g.48gb']],
    ['v100', ['V100', 'V100 SXM2', 'V100 SXM2 32GB']],
  ])('%s asks', (query, several) => {
    expect(names(query)).toEqual(several);
  });

  it.each([
    ['a600', 'RTX A6000'],
    ['h10', 'H100 PCIe'],
    ['40900', 'RTX 4090'],
  ])('%s is none, and names the nearest', (query, near) => {
    const match = findGpu(query, CATALOGUE);
    expect(match.kind).toBe('none');
    expect(match.kind === 'none' && match.nearest.map((gpu) => gpu.name)).toContain(near);
  });

  it.each(['', '   ', 'gpu', '💥'])('%j is nothing', (query) => {
    expect(findGpu(query, CATALOGUE).kind).toBe('none');
  });

  it('a very long text is nothing, and soon', () => {
    expect(findGpu('x'.repeat(5000), CATALOGUE).kind).toBe('none');
  });

  it('finds every type by its own id and never narrows a display name to a cheaper slice', () => {
    for (const gpu of CATALOGUE) {
      expect(findGpu(gpu.id, CATALOGUE)).toEqual({ kind: 'one', gpu });
      const byName = findGpu(gpu.name, CATALOGUE);
      if (byName.kind === 'one') expect(byName.gpu.id).toBe(gpu.id);
      else expect(byName.kind === 'several' && byName.gpus).toContain(gpu);
    }
  });

  it('drops the twins with two spaces and the sentinel', () => {
    expect(RAW_CATALOGUE.length - cleanCatalogue(RAW_CATALOGUE).length).toBe(3);
    expect(CATALOGUE.some(({ id }) => id.includes('  ') || id === 'unknown')).toBe(false);
  });
});

describe('what to offer instead', () => {
  it('has stock, at least the same memory, and is sold in that cloud', () => {
    const offered = alternatives(gpuNamed('RTX A6000'), CATALOGUE, 'SECURE');
    expect(offered.map(({ name }) => name).slice(0, 2)).toEqual(['A40', 'RTX 6000 Ada']);
    for (const gpu of offered) {
      expect(gpu.memoryGb).toBeGreaterThanOrEqual(48);
      expect(gpu.sold.SECURE).toBe(true);
      expect(gpu.stock).not.toBe('NONE');
    }
  });

  it.each([
    ['RTX A6000', 'a6000'],
    ['H100 SXM', 'h100-sxm'],
    ['RTX PRO 6000 MIG 1g.24gb', 'pro-6000-mig-1g24gb'],
  ])('%s is called %s', (name, word) => {
    expect(gpuWord(gpuNamed(name))).toBe(word);
  });
});
