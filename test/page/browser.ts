import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
const ON_A_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
/** Nothing but the page is asked for, on machines without a display and as root in a container too. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium of this machine; null where none is. `PODWARDEN_CHROMIUM` names another one. */
export function findChromium(): string | null {
  const named = process.env.PODWARDEN_CHROMIUM;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const all = [...folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program))), ON_A_MAC];
  const found = all.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found && process.env.PODWARDEN_BROWSER === 'required')
    throw new Error(`none of ${PROGRAMS.join(', ')} is on PATH`);
  return found ?? null;
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? '', args: ARGS });
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds wrong, in lines; empty is the only good value. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Not as a script element: the page's own policy forbids what does not come from it.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)} })`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, html, failureSummary }) => `${id}: ${help}\n  ${target.join(' ')}\n  ${html}\n  ${failureSummary}`,
    ),
  );
}
