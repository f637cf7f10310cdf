import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Bundle, bundlePage } from '../../demo/page/bundle.ts';
import { PageServer } from '../../demo/page/server.ts';
import { Stage } from '../../demo/world/stage.ts';
import { startBrowser } from './browser.ts';

const WIDE = { width: 1600, height: 1000 };
const WAIT_MS = 30_000;

/** As the demo does it at its start; once, for all sites of a file. */
let bundle: Promise<Bundle> | null = null;

/** The whole demo behind a browser of its own, in data of its own. */
export class Site {
  /** What a browser complained of: errors, refused content, anything that was asked of elsewhere. Empty is the only good value. */
  readonly complaints: string[] = [];
  address = '';
  private readonly dataPath = mkdtempSync(join(tmpdir(), 'podwarden-site-'));
  private stage: Stage | null = null;
  private server: PageServer | null = null;
  private browser: Browser | null = null;

  async begin(port = 0): Promise<void> {
    this.stage = new Stage(this.dataPath);
    bundle ??= bundlePage();
    this.server = new PageServer(this.stage, bundle);
    this.address = await this.server.start(port);
    [this.browser] = await Promise.all([this.browser ?? startBrowser(), this.stage.start()]);
  }

  /** As when somebody ends the demo; windows stay open. */
  async end(): Promise<void> {
    await this.server?.close();
    await this.stage?.stop();
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.end();
    rmSync(this.dataPath, { recursive: true, force: true });
  }

  /** A window of somebody's, with nothing remembered; closed with `page.context().close()`. */
  async open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.browser) throw new Error('the site has not begun');
    const context = await this.browser.newContext({ viewport: WIDE, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    this.listen(page);
    await page.goto(`${this.address}${path}`);
    await page.getByRole('region', { name: 'RunPod', exact: true }).waitFor();
    return page;
  }

  private listen(page: Page): void {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && !url.startsWith(this.address)) this.complaints.push(`asked elsewhere: ${url}`);
    });
  }
}
