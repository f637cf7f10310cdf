/** Shapes of keys that people paste by mistake. Source: the issuers' own documentation of their prefixes. */
const SHAPES: [string, RegExp][] = [
  ['RunPod', /rpa_[A-Za-z0-9]{16,}/g],
  ['Slack', /xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}/g],
  ['Discord', /[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}/g],
  ['Hugging Face', /hf_[A-Za-z0-9]{20,}/g],
  ['OpenAI', /sk-[A-Za-z0-9_-]{20,}/g],
  ['GitHub', /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}/g],
  ['AWS', /AKIA[A-Z0-9]{16}/g],
  ['private', /-----BEGIN [A-Z ]*PRIVATE KEY-----/g],
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
