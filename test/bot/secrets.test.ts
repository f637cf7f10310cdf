import { describe, expect, it } from 'vitest';
import { parseToken } from '../../src/bot/actions/declare.ts';
import { maskSecrets } from '../../src/bot/secrets.ts';

describe('what looks like a key', () => {
  it.each([
    ['rpa_ABCDEFGHIJKLMNOPQRSTUVWX12345678', 'RunPod'],
    ['xoxb-123456789012-abcdefghij', 'Slack'],
    ['xapp-1-A0123456789-abcdef', 'Slack'],
    ['hf_abcdefghijklmnopqrstuvwx', 'Hugging Face'],
    ['sk-proj-abcdefghijklmnopqrst', 'OpenAI'],
    ['ghp_abcdefghijklmnopqrstuvwx', 'GitHub'],
    ['AKIAIOSFODNN7EXAMPLE', 'AWS'],
    ['glpat-aaaabbbbccccdddd1234', 'GitLab'],
    ['nvapi-aaaabbbbccccdddd1234', 'NVIDIA'],
    ['RPA_ABCDEFGHIJKLMNOPQRSTUVWX12345678', 'RunPod'],
    ['eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJlaGVyZQ', 'JSON Web Token'],
  ])('%s is masked, wherever it stands', (key, issuer) => {
    expect(maskSecrets(`launch a6000 image=x${key}y`)).toMatchObject({ found: issuer });
    expect(maskSecrets(`launch a6000 name="${key}"`).text).not.toContain(key);
  });

  it('leaves the rest alone', () => {
    expect(maskSecrets('launch a6000 spot image=runpod/pytorch:2.8.0')).toEqual({
      text: 'launch a6000 spot image=runpod/pytorch:2.8.0',
      found: null,
    });
  });
});

describe('a button’s token', () => {
  it.each([
    ['v1.stop.p0123456789ab', { name: 'stop', target: { id: 'p0123456789ab', choice: null }, confirmed: false }],
    ['v1.stop.p0123456789ab!', { confirmed: true }],
    ['v1.relaunch.p1.gpu-pro-6000-mig-1g24gb', { target: { id: 'p1', choice: 'gpu-pro-6000-mig-1g24gb' } }],
  ])('%s', (token, parsed) => {
    expect(parseToken(token)).toMatchObject(parsed);
  });

  it.each([
    '',
    'stop',
    'v2.stop.p1',
    'v1.stop',
    'v1.stop.{podwarden}:row',
    'v1.stop.p1.x.y',
    `v1.stop.${'x'.repeat(65)}`,
    'v1.Stop.p1',
  ])('%j is none of ours', (token) => {
    expect(parseToken(token)).toBeNull();
  });
});
