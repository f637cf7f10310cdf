import type { IncomingHttpHeaders } from 'node:http';

/** What of a request decides whether it comes from the page itself, on this machine. */
export interface Asking {
  method: string;
  remoteAddress: string | undefined;
  headers: IncomingHttpHeaders;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/**
 * Why a request is refused; null for one that may pass. The page acts without a login, so nothing but itself may speak to
 * it: not another machine, not a name that was bent to this address (DNS rebinding), not another site's script or form.
 */
export function refusal({ method, remoteAddress, headers }: Asking, port: number): string | null {
  if (!LOOPBACK.test(remoteAddress ?? '')) return 'only this machine may ask';
  // Browsers leave out the port where it is http's own.
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => (port === 80 ? name : `${name}:${port}`));
  const host = headers.host ?? '';
  if (!hosts.includes(host)) return 'that is not the name of this page';
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) return 'another site asked';
  const site = headers['sec-fetch-site'];
  // A link from elsewhere may open the page, and do nothing else.
  const opens = method === 'GET' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opens) return 'another site asked';
  // A form of another site cannot send this type without asking first.
  if (method !== 'GET' && headers['content-type'] !== 'application/json') return 'acts are JSON';
  return null;
}
