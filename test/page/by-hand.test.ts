import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, findChromium } from './browser.ts';
import { Site } from './site.ts';
import { doAct } from './visitor.ts';

describe.runIf(findChromium())('the page by hand, in a browser', () => {
  const site = new Site();
  beforeAll(() => site.begin());
  afterAll(() => site.close());

  const pane = (page: Page, name: 'Slack' | 'Discord' | 'RunPod') => page.getByRole('region', { name, exact: true });
  const field = (page: Page, chat: 'Slack' | 'Discord') => pane(page, chat).getByRole('combobox');
  const card = (page: Page, chat: 'Slack' | 'Discord', text: RegExp) =>
    pane(page, chat).getByRole('article').filter({ hasText: text }).last();
  const become = (page: Page, name: string) =>
    page.getByRole('radio', { name: new RegExp(name) }).check({ force: true });
  const withoutTour = async (path = '/') => {
    const page = await site.open(path);
    await page.getByRole('button', { name: 'End the tour' }).first().click();
    return page;
  };

  it('launches with the keyboard alone, and a reload in the middle loses nothing', async () => {
    const page = await withoutTour();
    await field(page, 'Slack').focus();
    await page.keyboard.type('/p');
    await pane(page, 'Slack').getByRole('option').first().waitFor();
    await field(page, 'Slack').fill('/pod launch a6000 spot name=typed');
    await page.keyboard.press('Enter');
    await card(page, 'Slack', /typed/).waitFor();
    await page.reload();
    await card(page, 'Slack', /typed: Running/).waitFor();
    await pane(page, 'RunPod')
      .getByText(/alice-typed-/)
      .waitFor();
    await page.context().close();
  });

  it('asks before it stops, where the card says what is lost', async () => {
    const page = await withoutTour();
    const stop = card(page, 'Slack', /typed: Running/).getByRole('button', { name: 'Stop' });
    await stop.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Stop');
    await stop.click();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await card(page, 'Slack', /typed: Stopped/).waitFor();
    await page.context().close();
  });

  it('offers what is left to say in Discord, and shows the answer to the one who asked', async () => {
    const page = await withoutTour();
    const other = await withoutTour('/?as=mallory');
    await field(page, 'Discord').fill('/pod gp');
    const offer = pane(page, 'Discord').getByRole('option', { name: /gpus/ });
    await offer.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await field(page, 'Discord').inputValue()).toContain('/pod gpus');
    await page.keyboard.press('Enter');
    await card(page, 'Discord', /RTX A6000/).waitFor();
    await field(page, 'Discord').fill('/pod launch h1');
    await pane(page, 'Discord').getByRole('option', { name: /H100/ }).first().waitFor();
    await field(other, 'Discord').fill('/pod launch a6000');
    await other.keyboard.press('Enter');
    await card(other, 'Discord', /not allowed|may not|no right/i).waitFor();
    expect(await card(other, 'Discord', /RTX A6000/).count()).toBe(0);
    await Promise.all([page.context().close(), other.context().close()]);
  });

  it('keeps a form over a reload, with what was typed, and closes it in both windows once it is sent', async () => {
    const page = await withoutTour();
    const second = await withoutTour();
    await field(page, 'Discord').fill('/pod terminate typed');
    await page.keyboard.press('Enter');
    const reason = (window: Page) => window.getByRole('dialog').getByLabel('Reason');
    await reason(page).waitFor();
    await reason(second).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await reason(page).fill('typed before a reload');
    await page.reload();
    await reason(page).waitFor();
    expect(await reason(page).inputValue()).toBe('typed before a reload');
    const data = page.getByRole('dialog').getByLabel('What happens to the data');
    const nothing = await data.getByRole('option', { name: /nothing/i }).getAttribute('value');
    await data.selectOption(nothing ?? '');
    await page.getByRole('dialog').getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await second.getByRole('dialog').waitFor({ state: 'detached' });
    await pane(second, 'Slack').getByRole('link', { name: 'See the card' }).click();
    await card(second, 'Slack', /asks to terminate typed.*typed before a reload/s).waitFor();
    await pane(page, 'Discord')
      .getByRole('button', { name: /Terminate typed Podwarden/ })
      .click();
    await card(page, 'Discord', /asks to terminate typed/).waitFor();
    await Promise.all([page.context().close(), second.context().close()]);
  });

  it('reads a thread, answers in it, and comes back to where it was', async () => {
    const page = await withoutTour();
    const replies = pane(page, 'Slack')
      .getByRole('button', { name: /repl(y|ies)/ })
      .first();
    await replies.click();
    await field(page, 'Slack').fill('looks good');
    await page.keyboard.press('Enter');
    await card(page, 'Slack', /looks good/).waitFor();
    await field(page, 'Slack').fill('/pod list');
    await page.keyboard.press('Enter');
    await pane(page, 'Slack')
      .getByText(/do not work in threads/)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await replies.waitFor();
    await page.context().close();
  });

  it('shows what is wrong while it is, and what is killed until it is back', async () => {
    const page = await withoutTour();
    await pane(page, 'RunPod').getByText('Podwarden’s own processes').click();
    await pane(page, 'RunPod').getByRole('button', { name: 'Kill the bot' }).click();
    await pane(page, 'RunPod').getByText('The bot is down.').waitFor();
    await field(page, 'Slack').fill('/pod whoami');
    await page.keyboard.press('Enter');
    await pane(page, 'Slack').getByText('the app did not respond').waitFor();
    expect(await field(page, 'Slack').inputValue()).toBe('/pod whoami');
    await field(page, 'Discord').fill('/pod whoami');
    await page.keyboard.press('Enter');
    await field(page, 'Discord').fill('begun while that was sent');
    await pane(page, 'Discord').getByText('The application did not respond').waitFor();
    expect(await field(page, 'Discord').inputValue()).toBe('begun while that was sent');
    await pane(page, 'RunPod').getByRole('button', { name: 'Start the bot' }).click();
    await pane(page, 'RunPod').getByText('The bot runs.').waitFor();
    await pane(page, 'RunPod').getByText('Chats', { exact: true }).click();
    const down = pane(page, 'RunPod').getByRole('button', { name: 'Slack is down' });
    await down.click();
    const strip = page.getByRole('region', { name: 'Trouble now' });
    await strip.getByText(/Slack is told once it is back/).waitFor();
    expect(await down.getAttribute('aria-pressed')).toBe('true');
    expect(await axeFindings(page)).toEqual([]);
    await down.click();
    await strip.waitFor({ state: 'detached' });
    // What hits once is said to have happened where it has, and not where somebody ended it before.
    const lost = { kind: 'fault', name: 'create', value: '500-after' } as const;
    await doAct(site.address, lost);
    await strip.getByText('The next launch’s answer is lost').waitFor();
    await doAct(site.address, { ...lost, value: null });
    await strip.waitFor({ state: 'detached' });
    await doAct(site.address, lost);
    await field(page, 'Slack').fill('/pod launch a6000 name=lost');
    await page.keyboard.press('Enter');
    await strip.getByText(/It has happened/).waitFor();
    await strip.getByRole('button', { name: 'Seen' }).click();
    await strip.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('shows how far time has come, and stops it where it is told', async () => {
    const page = await withoutTour();
    await page.getByRole('button', { name: '+30 days' }).press('Enter');
    await page.getByRole('progressbar').waitFor();
    // Whoever has no mouse is still there, and back where they were.
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Stop here');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('+1 h');
    await page.context().close();
    expect(site.complaints).toEqual([]);
  });

  it('waits for a demo that was ended, and goes on with the next', async () => {
    const page = await withoutTour();
    await card(page, 'Slack', /typed/).waitFor();
    const port = Number(new URL(site.address).port);
    await site.end();
    await page.getByText(/The demo is not heard from/).waitFor();
    await site.begin(port);
    await page.getByText(/The demo is not heard from/).waitFor({ state: 'detached' });
    await become(page, 'Carol');
    await card(page, 'Slack', /typed/).waitFor();
    await page.context().close();
  });

  it('begins anew where that is wanted, after asking', async () => {
    const page = await withoutTour();
    await card(page, 'Slack', /typed/).waitFor();
    await page.getByRole('button', { name: 'Start over' }).click();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Start over' }).click();
    await page.getByRole('heading', { name: 'Starting Podwarden' }).waitFor();
    await pane(page, 'Slack').waitFor();
    expect(await card(page, 'Slack', /typed/).count()).toBe(0);
    await field(page, 'Slack').fill('/pod launch a6000 name=anew');
    await page.keyboard.press('Enter');
    await card(page, 'Slack', /anew: Running/).waitFor();
    await page.context().close();
  });
});
