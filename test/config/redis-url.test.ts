import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/config/redis-url.ts';

describe('REDIS_URL', () => {
  it.each([
    ['redis://h', { kind: 'single', host: 'h', port: 6379, db: 0, tls: false, auth: {} }],
    [
      'rediss://u:p%40ss@h:6380/3',
      { kind: 'single', host: 'h', port: 6380, db: 3, tls: true, auth: { username: 'u', password: 'p@ss' } },
    ],
    ['redis://:secret@h/0', { kind: 'single', host: 'h', port: 6379, db: 0, tls: false, auth: { password: 'secret' } }],
    ['redis://[::1]:6379', { kind: 'single', host: '::1', port: 6379, db: 0, tls: false, auth: {} }],
    ['unix:///run/redis/redis.sock', { kind: 'socket', path: '/run/redis/redis.sock', db: 0, auth: {} }],
    [
      'redis+sentinel://u:p@h1:26379,h2/mymaster/2',
      {
        kind: 'sentinel',
        nodes: [
          { host: 'h1', port: 26_379 },
          { host: 'h2', port: 26_379 },
        ],
        master: 'mymaster',
        db: 2,
        tls: false,
        auth: { username: 'u', password: 'p' },
      },
    ],
    [
      'rediss+cluster://h1:7000,h2:7001',
      {
        kind: 'cluster',
        nodes: [
          { host: 'h1', port: 7000 },
          { host: 'h2', port: 7001 },
        ],
        tls: true,
        auth: {},
      },
    ],
  ])('%s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    'http://h',
    'h:6379',
    '',
    'redis://',
    'redis://a,b',
    'redis://h/x',
    'redis://:50%off@h',
    'redis://h:99999',
    'unix://relative/path',
    'redis+sentinel://h1',
    'redis+sentinel://h1/master/x',
    'redis+cluster://h1/3',
    'redis://h?password=secret',
  ])('%s is refused, without showing it', (url) => {
    const said = parseRedisUrl(url);
    expect(said).toHaveProperty('problem');
    expect(JSON.stringify(said)).not.toContain('secret');
  });
});
