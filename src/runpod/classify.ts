/**
 * What a refusal means. RunPod has no error codes: v2 says "no capacity" with the status of a rule violation, and the
 * same event has another text on each API. Texts and their sources: docs/runpod.md.
 */
export type Cause =
  | 'capacity'
  | 'funds'
  | 'no-gpu-on-host'
  | 'access'
  | 'not-found'
  | 'conflict'
  | 'retired'
  | 'vague'
  | 'invalid'
  | 'other';

const TEXTS: [RegExp, Cause][] = [
  [/not enough free gpus on the host/i, 'no-gpu-on-host'],
  [/no longer any instances available/i, 'capacity'],
  [/no instances currently available/i, 'capacity'],
  [/does not have the resources to deploy your pod/i, 'capacity'],
  [/insufficient (balance|funds)/i, 'funds'],
  [/something went wrong/i, 'vague'],
  [/pod not found|nonexistent|resource not found/i, 'not-found'],
  [/cannot query field|unknown (mutation|field)|no longer (supported|available) on this api/i, 'retired'],
];

const STATUSES: Record<number, Cause> = {
  401: 'access',
  402: 'funds',
  403: 'access',
  404: 'not-found',
  409: 'conflict',
  410: 'retired',
  422: 'invalid',
};

/** The text decides where it is known, since statuses are shared by unrelated refusals. */
export function classify(status: number, text: string): Cause {
  const known = TEXTS.find(([pattern]) => pattern.test(text));
  if (known) return known[1];
  return STATUSES[status] ?? (status === 400 ? 'invalid' : 'other');
}

/** The sentence in an error body of RunPod's: `detail`, then `error`, `message`, `title`; at most 400 characters. */
export function errorText(body: string): string {
  const parsed = parseObject(body);
  const candidates = [parsed?.detail, parsed?.error, parsed?.message, parsed?.title];
  const said = candidates.find((value): value is string => typeof value === 'string' && value !== '');
  const listed = Array.isArray(parsed?.errors) ? parsed.errors.filter((e) => typeof e === 'string') : [];
  const whole = [said ?? '', ...listed].filter((part) => part !== '').join(' ');
  return whole.replace(/\s+/g, ' ').trim().slice(0, 400) || 'no reason given';
}

/**
 * Whether RunPod itself may have written this refusal. Both of its APIs refuse in JSON; a page or a line of text comes from a
 * CDN, proxy or portal in between, and Cloudflare marks its own JSON (`cloudflare_error`).
 */
export function isRunpodRefusal(body: string): boolean {
  const parsed = parseObject(body);
  return parsed !== null && parsed.cloudflare_error !== true;
}

/** A page where JSON was asked for. */
export function isPage(contentType: string | undefined, body: string): boolean {
  return body !== '' && (/html/i.test(contentType ?? '') || body.trimStart().startsWith('<'));
}

function parseObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
