import { distance } from 'fastest-levenshtein';

/**
 * Pod names are `<owner>-<middle>-<suffix>`, so that ownership and the launch can be read off RunPod itself, which has
 * no tags. RunPod's names are not unique; the suffix makes ours so.
 */
const SUFFIX_LETTERS = 'bcdfghjkmnpqrstvwxz23456789';
const SUFFIX_LENGTH = 6;
const NAME = new RegExp(`^([a-z0-9]+)-(.+)-([${SUFFIX_LETTERS}]{${SUFFIX_LENGTH}})$`);

/** v1 limits names to 191 characters, v2 states no maximum; the middle alone stays far below either. */
export const MAX_MIDDLE = 40;

/** `random` gives bytes (0 to 255); about 28 bits in six letters, checked against the names that exist. */
export function newSuffix(random: (length: number) => Uint8Array): string {
  return Array.from(random(SUFFIX_LENGTH), (byte) => SUFFIX_LETTERS[byte % SUFFIX_LETTERS.length]).join('');
}

export function podName(owner: string, middle: string, suffix: string): string {
  return `${shortName(owner)}-${middle}-${suffix}`;
}

/** A person's short name as it begins pod names: lower-case letters and digits, at most 16. */
export function shortName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return plain.slice(0, 16) || 'someone';
}

/** Stands for the suffix of a launch that was not named yet, so that its name reads like the others. */
export const UNNAMED_SUFFIX = 'xxxxxx';

export interface NameParts {
  owner: string;
  middle: string;
  suffix: string;
}

/** The parts of one of our names, or null for a name that was made elsewhere. */
export function parsePodName(name: string): NameParts | null {
  const match = NAME.exec(name);
  return match ? { owner: match[1] ?? '', middle: match[2] ?? '', suffix: match[3] ?? '' } : null;
}

/** By whom a pod is owned, for comparing: a person where one is declared, else the account. */
export const ownerKey = (owner: { account: string; person: string | null } | null): string | null =>
  owner && (owner.person ?? owner.account);

/** What people call the pod: the middle of our names, the whole of others, on one line. */
export function spokenName(name: string): string {
  return parsePodName(name)?.middle ?? name.replace(/\s+/g, ' ');
}

/** A middle a person may choose: letters, digits and dashes, at most 40, no dash at an end. */
export function validMiddle(text: string): boolean {
  return text.length <= MAX_MIDDLE && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

interface Named {
  id: string;
  name: string;
  /** RFC 3339. */
  createdAt: string;
}

export type PodMatch<P> =
  | { kind: 'one'; pod: P }
  | { kind: 'several'; pods: P[] }
  | { kind: 'none'; nearest: string[] };

/**
 * Finds a pod by id, name, middle or unique prefix. Of several pods with the same middle the newest is meant, because
 * an unnamed pod is called after its GPU.
 */
export function findPod<P extends Named>(query: string, pods: P[]): PodMatch<P> {
  const wanted = query.trim().toLowerCase();
  const exact = pods.find((pod) => pod.id.toLowerCase() === wanted);
  if (exact) return { kind: 'one', pod: exact };
  const newestFirst = [...pods].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  const byName = newestFirst.find((pod) => [pod.name, spokenName(pod.name)].some((n) => n.toLowerCase() === wanted));
  if (byName) return { kind: 'one', pod: byName };
  const byPrefix = newestFirst.filter((pod) =>
    [pod.name, spokenName(pod.name), pod.id].some((text) => wanted !== '' && text.toLowerCase().startsWith(wanted)),
  );
  if (byPrefix.length === 1 && byPrefix[0]) return { kind: 'one', pod: byPrefix[0] };
  if (byPrefix.length > 1) return { kind: 'several', pods: byPrefix };
  return { kind: 'none', nearest: nearestNames(wanted, newestFirst) };
}

function nearestNames(wanted: string, pods: Named[]): string[] {
  return [...new Set(pods.map((pod) => spokenName(pod.name)))]
    .map((name) => ({ name, far: distance(wanted.slice(0, 80), name.toLowerCase().slice(0, 80)) }))
    .filter(({ far }) => far <= 3)
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}
