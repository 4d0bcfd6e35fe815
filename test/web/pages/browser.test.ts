import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriftRow } from '../../../src/usecases/ports.ts';
import { axeFindings, launch, missing, visit } from './browser.ts';
import { findingsOf, type House, loneDrift, openHouse } from './house.ts';

// biome-ignore lint/suspicious/noConsole: who runs the tests must know what was left out.
if (missing !== undefined) console.log(missing);

/** What `export` writes. */
async function exported(house: House, filter: Parameters<House['program']['exportCsv']>[0]): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of house.program.exportCsv(filter)) chunks.push(chunk);
  return chunks.join('');
}

describe.skipIf(missing !== undefined)('in a browser', () => {
  let house: House;
  let browser: Browser;
  let drift: DriftRow;
  beforeAll(async () => {
    [house, browser] = await Promise.all([openHouse({ nextRunAt: () => Date.now() + 400_000 }), launch()]);
    drift = await loneDrift(house);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  it('asks for name and token, and lets nobody in with others', async () => {
    const stranger = await browser.newContext({
      httpCredentials: { username: 'supervisor', password: 'guessed' },
    });
    const page = await stranger.newPage();
    const answer = await page.goto(`${house.url}/`).catch((error: unknown) => String(error));
    expect(typeof answer === 'string' ? answer : answer?.status()).toSatisfy(
      (told: unknown) => told === 401 || String(told).includes('ERR_INVALID_AUTH_CREDENTIALS'),
    );
    await stranger.close();
    const { page: own, context } = await visit(browser, house.url);
    expect((await own.goto('/'))?.status()).toBe(200);
    expect(await own.getByRole('heading', { level: 1 }).textContent()).toBe('Overview');
    await context.close();
  });

  it('filters, and downloads byte for byte what export writes', async () => {
    const { page, context, complaints } = await visit(browser, house.url);
    await page.goto('/findings');
    await page.getByLabel('Boundary drift', { exact: true }).check();
    await page.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => page.url()).toContain('kind=boundary_drift');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download all of these as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('drift-boundary_drift.csv');
    expect(await readFile(await download.path(), 'utf8')).toBe(
      await exported(house, { kinds: ['boundary_drift'] }),
    );
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('keeps the milliseconds of a time that an address has', async () => {
    const { page, context, complaints } = await visit(browser, house.url);
    await page.goto('/findings?from=2026-03-02T09:15:07.123Z&to=2099-03-02T09:15:00Z');
    const bounds = async (): Promise<(string | null)[]> => {
      const link = page.getByRole('link', { name: 'Download all of these as CSV' });
      const { searchParams } = new URL((await link.getAttribute('href')) ?? '', house.url);
      return ['from', 'to'].map((name) => searchParams.get(name));
    };
    expect(await bounds()).toEqual(['2026-03-02T09:15:07.123Z', '2099-03-02T09:15:00Z']);
    // All of it can be read: with milliseconds it is about 290 wide.
    expect((await page.locator('#from').boundingBox())?.width).toBeGreaterThan(300);
    await page.getByLabel('Boundary drift', { exact: true }).check();
    await page.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => page.url()).toContain('kind=boundary_drift');
    const [from, to] = await bounds();
    expect(from).toBe('2026-03-02T09:15:07.123Z');
    expect(Date.parse(to ?? '')).toBe(Date.parse('2099-03-02T09:15:00Z'));
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("shows an agent's day closely enough to see seconds, with the right numbers", async () => {
    const { page, context, complaints } = await visit(browser, house.url);
    await page.goto(`/findings?kind=boundary_drift&agent=${drift.userId}`);
    await page.locator(`th[scope="row"] a[href*="${drift.findingId}"]`).click();
    await page.getByRole('heading', { name: 'The lanes in numbers' }).waitFor();
    const marks = page.locator('svg.plot g[fill="var(--mark)"] rect');
    const [, , box] = await Promise.all((await marks.all()).map((mark) => mark.boundingBox()));
    expect(box?.width).toBeGreaterThan(20);
    await page
      .getByText(/^Report: \d+ stretch/)
      .first()
      .click();
    const at = new Date(drift.reportedAt as number).toISOString();
    expect(
      await page.locator(`details[open] tr:has(td:nth-child(2) time[datetime="${at}"])`).textContent(),
    ).toContain(drift.reportedState);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('starts a run and sees it finish; approves and sees the correction delivered', async () => {
    const [waiting] = await findingsOf(house, { kinds: ['missing_in_report'], statuses: ['in_review'] });
    const { page, context, complaints } = await visit(browser, house.url);
    await page.goto(`/findings/${waiting?.findingId}`);
    await page.getByLabel(/^Note/).fill('seen by hand');
    await page.getByRole('button', { name: 'Approve this finding' }).click();
    expect(await page.getByRole('status').textContent()).toBe('1 finding decided.');
    await page.goto('/runs');
    await page.getByText('Start a run').click();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/\d+$/);
    await page.locator('dl .badge', { hasText: 'done' }).waitFor();
    await page.goto(`/findings/${waiting?.findingId}`);
    expect(
      await page
        .getByRole('table', { name: /correction/ })
        .locator('.badge')
        .allTextContents(),
    ).toEqual(['✓ delivered']);
    expect(await page.locator('dl .badge').textContent()).toBe('✓ corrected');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('leaves what is open, filled in or focused as it is while it shows how far a run is', async () => {
    const { store, clock } = house.program;
    const answer = await store.takeLease('run', 'test', clock.now(), 60_000, () => true);
    if (!('lease' in answer)) throw new Error('the lock is taken');
    const request = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };
    const runId = await store.openRun(answer.lease, request, clock.now());
    const findings = { new: 0, changed: 0, resolved: 0, unchanged: 0, byKind: {} };
    const told = async (judged: number): Promise<void> => {
      const agents = { planned: 90, judged, failed: 0 };
      await store.saveProgress(answer.lease, runId, { windows: judged, agents, findings });
    };
    const { page, context, complaints } = await visit(browser, house.url);
    const summary = page.locator('summary', { hasText: 'Start a run' });
    const run = page.getByRole('link', { name: 'Run 1', exact: true });
    const focused = ['summary', 'a[href="/runs/1"]', 'div[aria-label="Ledger"]'];
    await page.goto('/runs');
    await summary.click();
    await page.getByLabel(/^Agents/).fill('u1 u2');
    await page.locator('#status').selectOption('running');
    await page.getByLabel(/Dry run/).check();
    for (const [index, selector] of focused.entries()) {
      await page.locator(selector).focus();
      await told(index + 1);
      await page.getByText(`${index + 1} of 90 agents`).waitFor();
      expect(await page.evaluate<boolean>(`document.activeElement.matches('${selector}')`)).toBe(true);
    }
    expect(await page.getByLabel(/^Agents/).inputValue()).toBe('u1 u2');
    expect(await page.locator('#status').inputValue()).toBe('running');
    expect(await page.getByLabel(/Dry run/).isChecked()).toBe(true);
    const agents = { planned: 90, judged: 90, failed: 0 };
    const outcome = { status: 'done', windows: 90, agents, findings, errors: [], reason: undefined } as const;
    await run.focus();
    await store.closeRun(answer.lease, runId, outcome, clock.now());
    await store.releaseLease('run', answer.lease);
    await page.locator('tbody tr').first().locator('.badge', { hasText: 'done' }).waitFor();
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Run 1');
    expect(await page.locator('main').getAttribute('data-live-seconds')).toBe('');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('works without any script', async () => {
    const { page, context, complaints } = await visit(browser, house.url, { withoutScript: true });
    await page.goto('/runs');
    await page.getByText('Start a run').click();
    await page.getByLabel(/Dry run/).check();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/dry-\d+$/);
    await page.locator('dl .badge', { hasText: 'done' }).waitFor({ timeout: 15_000 });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('ticks all findings of a page with one box', async () => {
    const { page, context } = await visit(browser, house.url);
    await page.goto('/findings?status=in_review');
    await page.getByLabel('Select all on this page').check();
    const boxes = page.locator('input[name=finding]');
    expect(await boxes.count()).toBeGreaterThan(2);
    expect(await page.locator('input[name=finding]:checked').count()).toBe(await boxes.count());
    await context.close();
  });

  it.each(['light', 'dark'] as const)('has nothing that axe or the policy minds, %s', async (scheme) => {
    const { page, context, complaints } = await visit(browser, house.url, { scheme });
    const own = `/agents/${drift.userId}`;
    const [waiting] = await findingsOf(house, { statuses: ['in_review'] });
    const paths = [
      '/',
      '/findings',
      `/findings/${drift.findingId}`,
      '/agents',
      own,
      `${own}?finding=${drift.findingId}`,
      '/runs',
      '/runs/1',
      '/findings?agent=nobody',
      '/findings?order=misreported_up',
      `/findings/${waiting?.findingId}`,
    ];
    // Of these the browser itself complains, by the status they have.
    const refused = ['/findings?from=yesterday', '/nowhere'];
    for (const path of [...paths, ...refused]) {
      const answer = await page.goto(path);
      expect([path, answer?.ok()]).toEqual([path, !refused.includes(path)]);
      await page.evaluate(() => {
        const { document } = globalThis as unknown as {
          document: { querySelectorAll(css: string): Iterable<{ open: boolean }> };
        };
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      expect([path, await axeFindings(page)]).toEqual([path, []]);
    }
    expect(complaints.filter((words) => !/status of 40[04]/.test(words))).toEqual([]);
    await context.close();
  });

  it('shows the difference in the middle of the picture on a phone', async () => {
    const { page, context } = await visit(browser, house.url, { viewport: { width: 360, height: 740 } });
    for (const path of [
      `/findings/${drift.findingId}`,
      `/agents/${drift.userId}?finding=${drift.findingId}`,
    ]) {
      await page.goto(path);
      const mark = page.locator('svg.plot g[fill="var(--mark)"] rect').last();
      await expect.poll(async () => middleOf(await mark.boundingBox())).toBeGreaterThan(120);
      expect(middleOf(await mark.boundingBox())).toBeLessThan(300);
    }
    await context.close();
  });

  it('needs no scrolling sideways on a phone', async () => {
    const { page, context } = await visit(browser, house.url, { viewport: { width: 360, height: 740 } });
    const long = encodeURIComponent('x'.repeat(200));
    const paths = ['/', '/findings', '/agents', `/agents/${drift.userId}`, '/runs', '/runs/1'];
    for (const path of [...paths, '/findings?kind=zz', `/findings/${long}`, `/runs?status=${long}`]) {
      await page.goto(path);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect([path, wide]).toEqual([path, 360]);
    }
    await context.close();
  });
});

function middleOf(box: { readonly x: number; readonly width: number } | null): number {
  return box === null ? Number.NaN : box.x + box.width / 2;
}
