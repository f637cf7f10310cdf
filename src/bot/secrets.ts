/**
 * Shapes of keys that people paste by mistake. Source: the issuers' own documentation of their prefixes. Each takes time
 * in proportion to the text, which a test reads off its structure: only the last part has no bound, and nothing can fail after it.
 */
export const SHAPES: readonly (readonly [issuer: string, shape: RegExp])[] = [
  ['RunPod', /rp[as]_[A-Za-z0-9]{16,}/gi],
  ['Slack', /xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/\S+/g],
  ['Discord', /[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}|discord(?:app)?\.com\/api\/webhooks\/\S+/g],
  ['Hugging Face', /hf_[A-Za-z0-9]{20,}/g],
  // After two letters it is the end of a word, such as that of task-.
  ['OpenAI', /(?<![a-z]{2})sk-(?:[A-Za-z0-9]{20,}|(?:proj|ant|or|lf|svcacct|admin)-[\w-]{16,})/g],
  ['Stripe', /[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/g],
  ['GitHub', /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}/g],
  ['GitLab', /glpat-[\w-]{16,}/g],
  ['NVIDIA', /nvapi-[\w-]{16,}/g],
  ['Google', /AIza[\w-]{30,}/g],
  ['Docker', /dckr_pat_[\w-]{16,}/g],
  ['npm', /npm_[A-Za-z0-9]{20,}/g],
  // Names of pods may begin with pypi-, and have no capitals.
  ['PyPI', /pypi-(?=[\w-]{0,40}[A-Z])[\w-]{16,}/g],
  ['AWS', /A(?:KIA|SIA)[A-Z0-9]{16}/g],
  ['Replicate', /r8_[A-Za-z0-9]{20,}/g],
  ['SendGrid', /SG\.[\w-]{16,30}\.[\w-]{16,}/g],
  ['Tailscale', /tskey-[\w-]{16,}/g],
  ['age', /AGE-SECRET-KEY-[A-Z0-9]{16,}/gi],
  ['Telegram', /\d{6,12}:(?=[\w-]{0,33}[A-Z])[\w-]{34,}/g],
  // What follows the first line is the key itself.
  ['private', /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*/g],
  ['password', /:\/\/[^\s/:@]{0,200}:(?!\d{2,5}[?#])[^\s/@]{1,200}@/g],
  ['unknown', /key_[0-9a-f]{32,}/g],
];

const MASK = '[masked key]';

/** Masks everything that looks like a key, before anything else reads the text. */
export function maskSecrets(text: string): { text: string; found: string | null } {
  let masked = text;
  let found: string | null = null;
  for (const [issuer, shape] of SHAPES) {
    masked = masked.replace(shape, () => {
      found ??= issuer;
      return MASK;
    });
  }
  for (const [run, judge] of RUNS) {
    masked = masked.replace(run, (word: string, at: number, whole: string) => {
      const issuer = judge(word, whole.slice(Math.max(0, at - BEFORE), at));
      if (issuer === null) return word;
      found ??= issuer;
      return MASK;
    });
  }
  return { text: masked, found };
}

/** As much of what stands before a run as its judge reads. */
const BEFORE = 120;

/** Runs of one class of characters, each judged once as a whole: keys without a prefix of a fixed shape. */
export const RUNS: readonly (readonly [run: RegExp, judge: (run: string, before: string) => string | null])[] = [
  [/[\w.-]+/g, (run) => (isToken(run.split('.')) ? 'JSON Web Token' : null)],
  [/[A-Za-z0-9/+]+/g, randomBytes],
  [/[A-Za-z0-9]+/g, longMixture],
];

/** Header, claims and signature; the header is base64 of what begins with a brace and a quote. */
function isToken(parts: string[]): boolean {
  const long = parts.map((part) => part.length >= 8);
  return parts.some((part, i) => /eyJ[\w-]{8}/.test(part) && long[i + 1] && long[i + 2]);
}

/** Digests are public. */
const DIGEST = /sha(?:256|384|512)[:-]$/;

/** Base64 of random bytes goes from capitals to small letters, digits and signs at most steps; words and paths do not. */
function randomBytes(run: string, before: string): string | null {
  if (run.length < 40 || DIGEST.test(before)) return null;
  const kinds = [...run].map(kindOf);
  const changes = kinds.filter((kind, i) => i > 0 && kind !== kinds[i - 1]).length;
  if (changes < run.length * 0.4 || !['a', 'A', '1'].every((kind) => kinds.includes(kind))) return null;
  return run.length === 40 ? 'AWS' : 'unknown';
}

function kindOf(sign: string): string {
  if (/[a-z]/.test(sign)) return 'a';
  if (/[A-Z]/.test(sign)) return 'A';
  return /\d/.test(sign) ? '1' : '/';
}

/** Long letters and digits in a row are nobody's name; a commit is none either, and is public where one stands. */
function longMixture(run: string, before: string): string | null {
  const digits = run.replace(/\D/g, '').length;
  if (run.length < 32 || digits < 4 || digits === run.length || DIGEST.test(before)) return null;
  return /^[0-9a-f]{40}$/.test(run) && COMMIT.test(before) ? null : 'unknown';
}

/** The tag of an image, or a page of a repository. */
const COMMIT = /[\w.-]\/[\w.-]{1,80}:(?:[\w.]{1,20}-)?$|\/(?:commit|tree|blob|raw|resolve|archive)\/$|\.git@$/;
