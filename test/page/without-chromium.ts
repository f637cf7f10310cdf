import { findChromium } from './browser.ts';

/** Says before the tests what they leave out. @throws Error where a browser is required and missing. */
export default function setup(): void {
  if (findChromium() !== null) return;
  process.stderr.write(
    'Chromium is not on this machine: the tests of the page in a browser do not run. Bring it with: node scripts/bootstrap.mjs setup browser\n',
  );
}
