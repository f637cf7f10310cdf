import { describe, expect, it } from 'vitest';
import { refusal } from '../../demo/page/guard.ts';

const PORT = 4141;
const own = { host: '127.0.0.1:4141' };
const posts = { ...own, 'content-type': 'application/json' };
const here = '127.0.0.1';

describe('who may speak to the page', () => {
  it.each([
    ['the page, opened by hand', 'GET', here, own],
    ['the same by name', 'GET', here, { host: 'localhost:4141' }],
    ['from the same machine over IPv6', 'GET', '::1', { host: '[::1]:4141' }],
    ['an IPv4 address in IPv6’s clothes', 'GET', '::ffff:127.0.0.1', own],
    [
      'a script of the page',
      'POST',
      here,
      { ...posts, origin: 'http://127.0.0.1:4141', 'sec-fetch-site': 'same-origin' },
    ],
    ['a program on this machine', 'POST', here, posts],
    ['a link on another site', 'GET', here, { ...own, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
  ])('lets pass: %s', (_, method, remoteAddress, headers) => {
    expect(refusal({ method, remoteAddress, headers }, PORT)).toBeNull();
  });

  it.each([
    ['another machine', 'GET', '192.168.1.7', own, /this machine/],
    ['another machine over IPv6', 'GET', 'fe80::1', own, /this machine/],
    ['nobody knows whom', 'GET', undefined, own, /this machine/],
    ['a name bent to this address', 'GET', here, { host: 'evil.example:4141' }, /name of this page/],
    ['the right name with another port', 'GET', here, { host: '127.0.0.1:80' }, /name of this page/],
    ['a name that begins like ours', 'GET', here, { host: '127.0.0.1:4141.evil.example' }, /name of this page/],
    ['no name', 'GET', here, {}, /name of this page/],
    ['another site’s script', 'POST', here, { ...posts, origin: 'https://evil.example' }, /another site/],
    ['another port’s script', 'POST', here, { ...posts, origin: 'http://127.0.0.1:8080' }, /another site/],
    ['a sandboxed frame', 'POST', here, { ...posts, origin: 'null' }, /another site/],
    [
      'a picture in another site',
      'GET',
      here,
      { ...own, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' },
      /another site/,
    ],
    ['another local site', 'GET', here, { ...own, 'sec-fetch-site': 'same-site' }, /another site/],
    ['a form', 'POST', here, { ...own, 'content-type': 'text/plain' }, /JSON/],
  ])('refuses %s', (_, method, remoteAddress, headers, why) => {
    expect(refusal({ method, remoteAddress, headers }, PORT)).toMatch(why);
  });
});
