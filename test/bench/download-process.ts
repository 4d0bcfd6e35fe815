/** The worker's service on a full ledger, reconciling while it serves: `node download-process.ts database vendor tokens until`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '../../src/config.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { createLog } from '../../src/log.ts';
import { Program, startHttp } from '../../src/program.ts';
import { DEFAULT_CLIENT } from '../../src/simulator/vendor.ts';
import { peakMb, serveOrders } from './processes.ts';

export type DownloadOrder =
  /** Judges one quarter hour, so that everything is warm. */
  | 'warm'
  /** Goes on reconciling, and watches the event loop and the memory until told to stop. */
  | 'start'
  | 'stop';

export interface DownloadAnswer {
  readonly runsMs: readonly number[];
  readonly judged: number;
  readonly delivered: number;
  /** How late the event loop was: of each hundred looks the worst but one, and the worst of all. */
  readonly p99Ms: number;
  readonly worstMs: number;
  /** Processor time from one look to the next, likewise: what the process itself keeps the loop from. */
  readonly busyP99Ms: number;
  /** The resident set, a tenth of a second apart. */
  readonly rssMb: readonly number[];
  readonly peakMb: number;
}

const QUARTER_MS = 15 * 60_000;
/** A shift's afternoon. */
const QUARTERS = 12;
const LOOKS_MS = 10;
const SAMPLES_MS = 100;
const MB = 1_048_576;

const [database, vendor, tokens, until] = process.argv.slice(2) as [string, string, string, string];
const config = readConfig({
  ADHERENCE_DB: database,
  CXONE_BASE_URL: vendor,
  CXONE_CLIENT_ID: DEFAULT_CLIENT.id,
  CXONE_CLIENT_SECRET: DEFAULT_CLIENT.secret,
  CXONE_MAX_REQUESTS_PER_SECOND: '100000',
  // The first look at a whole contact centre corrects more than any usual run.
  ADHERENCE_MAX_CORRECTIONS_PER_RUN: '1000000',
  ADHERENCE_BREAKER_FACTOR: '0',
  ADHERENCE_CLOCK_BREAKER: 'off',
  ADHERENCE_EMPTY_BREAKER_SHARE: '0',
  HTTP_PORT: '0',
  HTTP_TOKENS: tokens,
});
const program = new Program(config, createLog({ level: 'error' }));
const http = await startHttp(program);

const first: Instant = Number(until) - QUARTERS * QUARTER_MS;
let quarter = 0;
let stopping = false;
let watching: Promise<Omit<DownloadAnswer, 'peakMb'>> | undefined;

/** A quarter hour after the other, as the schedule has them, and again from the first. */
async function reconcile(): Promise<{ ms: number; judged: number; delivered: number }> {
  const from = first + (quarter++ % QUARTERS) * QUARTER_MS;
  const startedAt = performance.now();
  const request = { trigger: 'bench', from, to: from + QUARTER_MS, agents: undefined };
  const { status, agents, corrections } = await program.run(request);
  if (status !== 'done') throw new Error(`A run ended ${status}.`);
  return { ms: performance.now() - startedAt, judged: agents.judged, delivered: corrections.delivered };
}

async function watch(): Promise<Omit<DownloadAnswer, 'peakMb'>> {
  const delay = monitorEventLoopDelay({ resolution: LOOKS_MS });
  const rssMb: number[] = [];
  const sampling = setInterval(() => rssMb.push(process.memoryUsage.rss() / MB), SAMPLES_MS);
  const busyMs: number[] = [];
  let before = process.threadCpuUsage();
  const looking = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    busyMs.push((user + system) / 1000);
  }, LOOKS_MS);
  delay.enable();
  const runs: Awaited<ReturnType<typeof reconcile>>[] = [];
  while (!stopping) runs.push(await reconcile());
  delay.disable();
  clearInterval(sampling);
  clearInterval(looking);
  // The histogram holds the whole time from one look to the next.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - LOOKS_MS);
  return {
    runsMs: runs.map(({ ms }) => ms),
    judged: runs.reduce((sum, { judged }) => sum + judged, 0),
    delivered: runs.reduce((sum, { delivered }) => sum + delivered, 0),
    p99Ms: late(delay.percentile(99)),
    worstMs: late(delay.max),
    busyP99Ms: busyMs.toSorted((a, b) => a - b)[Math.floor(busyMs.length * 0.99)] ?? 0,
    rssMb,
  };
}

serveOrders<DownloadOrder, DownloadAnswer | 'ready'>(http.url, async (order) => {
  if (order === 'start') {
    stopping = false;
    watching = watch();
    return 'ready';
  }
  if (order === 'stop') {
    stopping = true;
    if (watching === undefined) throw new Error('There is nothing to stop.');
    return { ...(await watching), peakMb: peakMb() };
  }
  await reconcile();
  return 'ready';
});
