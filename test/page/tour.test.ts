import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, findChromium } from './browser.ts';
import { Site } from './site.ts';
import { doAct, Window } from './visitor.ts';

/** Real ms: a warning that waits for Monday waits for a weekend of hops. */
const WEEKEND_MS = 150_000;
const PHONE = { width: 390, height: 844 };
/** Pictures for the documents are taken where this is set; the tests are the same. */
const PICTURES = process.env.PODWARDEN_SCREENSHOTS ?? null;

describe.runIf(findChromium())('the tour, in a browser', () => {
  const site = new Site();
  beforeAll(() => site.begin());
  afterAll(() => site.close());

  const picture = async (page: Page, name: string) => {
    if (PICTURES === null) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  };
  const tour = (page: Page) => page.getByRole('region', { name: 'Tour' });
  const press = (page: Page, name: string) => tour(page).getByRole('button', { name, exact: true }).click();

  const ACTS = [
    'Type it for me',
    null,
    'Stop it for me',
    'Let time pass until it warns',
    'Ask for me',
    'Try it for me',
    'Be Bob, and approve',
    'Spend it for me',
    'Go to the next morning',
  ];

  /** A card, a thread with a warning, a private answer, a thread of the other chat, a chart. */
  const JUDGED: unknown[] = [null, 'Let time pass until it warns', 'Try it for me', 'Be Bob, and approve', ACTS.at(-1)];

  /** As somebody goes it who lets it do everything. */
  async function goThrough(page: Page, look: (step: string | null) => Promise<void>) {
    await press(page, 'Next');
    for (const act of ACTS) {
      if (act !== null) await press(page, act);
      await tour(page).getByText('✓ Done.').waitFor({ timeout: WEEKEND_MS });
      await look(act);
      await press(page, 'Next');
    }
    await press(page, 'End the tour');
    await tour(page).waitFor({ state: 'detached' });
    await page.context().close();
  }

  it('goes through from empty data, and passes axe where the page looks otherwise', async () => {
    const page = await site.open();
    await goThrough(page, async (act) => {
      if (act === 'Be Bob, and approve') await picture(page, 'page-approved');
      if (JUDGED.includes(act)) expect(await axeFindings(page), String(act)).toEqual([]);
    });
    expect(site.complaints).toEqual([]);
  }, 300_000);

  /** What a tour leaves that was left half-way: a pod of the same name that is off. */
  async function leaveHalfWay(): Promise<void> {
    const window = new Window(site.address, 'alice');
    const typed = '/pod launch a6000 spot name=tour';
    await doAct(site.address, { kind: 'command', chat: 'slack', person: 'alice', channel: 'gpu', typed });
    const pod = () => window.get('account')?.pods.find(({ name }) => name.startsWith('alice-tour-'));
    await window.until('it runs', () => pod()?.status === 'RUNNING');
    await doAct(site.address, { kind: 'fault', name: 'console', value: `stop:${pod()?.id}` });
    await window.until('it is off', () => pod()?.status === 'EXITED');
    window.close();
  }

  it('goes through again over the data of earlier runs, one of them left half-way, in the dark', async () => {
    await leaveHalfWay();
    await site.end();
    await site.begin();
    const page = await site.open('/?as=carol', { colorScheme: 'dark' });
    await goThrough(page, async (act) => {
      if (act !== 'Go to the next morning') return;
      await picture(page, 'page-digest-dark');
      expect(await axeFindings(page)).toEqual([]);
    });
    expect(site.complaints).toEqual([]);
  }, 300_000);

  it('fits a phone, one pane above the other, and passes axe there', async () => {
    const page = await site.open('/', { viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
    const boxes = await Promise.all(
      ['Slack', 'Discord', 'RunPod'].map((name) => page.getByRole('region', { name, exact: true }).boundingBox()),
    );
    const tops = boxes.map((box) => box?.y ?? 0);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    for (const box of boxes) expect(box?.width).toBeLessThanOrEqual(PHONE.width);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('region', { name: 'Slack' }).scrollIntoViewIfNeeded();
    await picture(page, 'page-phone');
    await page.context().close();
    expect(site.complaints).toEqual([]);
  });
});
