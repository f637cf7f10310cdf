/** Shapes of keys that people paste by mistake. Source: the issuers' own documentation of their prefixes. */
const SHAPES: [string, RegExp][] = [
  ['RunPod', /rp[as]_[A-Za-z0-9]{16,}/gi],
  ['Slack', /xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/\S+/g],
  ['Discord', /[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}|discord(?:app)?\.com\/api\/webhooks\/\S+/g],
  ['Hugging Face', /hf_[A-Za-z0-9]{20,}/g],
  ['OpenAI', /sk-[A-Za-z0-9_-]{20,}/g],
  ['Stripe', /[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/g],
  ['GitHub', /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}/g],
  ['GitLab', /glpat-[\w-]{16,}/g],
  ['NVIDIA', /nvapi-[\w-]{16,}/g],
  ['Google', /AIza[\w-]{30,}/g],
  ['Docker', /dckr_pat_[\w-]{16,}/g],
  ['npm', /npm_[A-Za-z0-9]{20,}/g],
  ['AWS', /A(?:KIA|SIA)[A-Z0-9]{16}/g],
  ['JSON Web Token', /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g],
  ['private', /-----BEGIN [A-Z ]*PRIVATE KEY-----/g],
  ['password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/gi],
  // Long letters and digits in a row are nobody's name; an image's digest is none either, and is public.
  ['unknown', /(?<!sha256:[A-Za-z0-9]*)\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?=(?:[A-Za-z]*\d){4})[A-Za-z0-9]{32,}\b/g],
];

/** Masks everything that looks like a key, before anything else reads the text. */
export function maskSecrets(text: string): { text: string; found: string | null } {
  let masked = text;
  let found: string | null = null;
  for (const [issuer, shape] of SHAPES) {
    masked = masked.replace(shape, () => {
      found ??= issuer;
      return '[masked key]';
    });
  }
  return { text: masked, found };
}
