import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { TOKENS } from './house.ts';

/* A real browser, Debian's package. */

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Why the tests in a browser are left out here; nothing where there is one. */
export const missing = existsSync(CHROMIUM)
  ? undefined
  : `no ${CHROMIUM} here: tests in a browser are skipped`;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Whatever the browser complained of: what the policy refused, scripts that failed, files that were not there. */
  readonly complaints: string[];
}

export interface VisitOptions {
  readonly scheme?: 'light' | 'dark';
  readonly withoutScript?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** Somebody who has typed name and token into the browser's own question. */
export async function visit(
  browser: Browser,
  url: string,
  { scheme = 'light', withoutScript = false, viewport = { width: 1_280, height: 900 } }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    httpCredentials: { username: 'supervisor', password: TOKENS.supervisor },
    colorScheme: scheme,
    javaScriptEnabled: !withoutScript,
    viewport,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A 401 is how a browser learns that it has to say who it is.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, context, complaints };
}

/** What axe finds wrong with a page as it stands: each rule with the first place. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated over the browser's own channel, which the page's policy says nothing of.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Violation {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: readonly Violation[]; passes: readonly unknown[] }> };
    };
    const { violations, passes } = await axe.run();
    if (passes.length < 10) return ['axe has hardly looked at anything'];
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  });
}
