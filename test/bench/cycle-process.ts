/** The program's regular cycle: fetch, check, judge and commit whatever is due at the instant it is told. */
import { systemClock } from '../../src/clock.ts';
import { openVendor } from '../../src/cxone/vendor.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { processOwner } from '../../src/process-owner.ts';
import { DEFAULT_CLIENT } from '../../src/simulator/vendor.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Clock, Log } from '../../src/usecases/ports.ts';
import { reconcileDue } from '../../src/usecases/reconcile-due.ts';
import { withRunLock } from '../../src/usecases/run-lock.ts';
import { peakMb, serveOrders } from './processes.ts';

export interface CycleOrder {
  readonly now: Instant;
}

export interface CycleAnswer {
  readonly ms: number;
  readonly judged: number;
  readonly failed: number;
  readonly windows: number;
  readonly corrections: number;
  readonly peakMb: number;
}

const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;
const [url, path, concurrency] = process.argv.slice(2) as [string, string, string];
const maxConcurrency = Number(concurrency);

let now: Instant = 0;
let toldAt = 0;
/** The simulator's day, going on at the machine's pace from what the parent told. */
const clock: Clock = { ...systemClock, now: () => now + Math.floor(performance.now() - toldAt) };
const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const store = openStore({ path });
const vendor = openVendor(
  {
    baseUrl: url,
    grant: 'client_credentials',
    clientId: DEFAULT_CLIENT.id,
    clientSecret: DEFAULT_CLIENT.secret,
    scopes: DEFAULT_CLIENT.scopes,
    maxConcurrency,
    maxRequestsPerSecond: Number.POSITIVE_INFINITY,
    timeoutMs: 60_000,
    allowPasswordGrant: false,
  },
  { clock, log },
);
const policy = DEFAULT_POLICY;
const limits = {
  marginMs: policy.marginMs,
  backfillMs: DAY_MS,
  lockMs: 14 * DAY_MS,
  maxWindowMs: DAY_MS,
  minWindowMs: 60_000,
};
const breakers = {
  maxCorrectionsPerRun: Infinity,
  factor: 0,
  clock: false,
  emptyShare: 0,
  thresholdMs: 2_000,
};
const deps = {
  breakers,
  store,
  vendor,
  clock,
  log,
  policy,
  limits,
  maxConcurrency,
  judge: createJudge(policy),
};

serveOrders<CycleOrder, CycleAnswer>('ready', async (order) => {
  now = order.now;
  toldAt = performance.now();
  const request = { trigger: 'bench', from: undefined, to: undefined, agents: undefined };
  const { tally } = await withRunLock({ ...deps, owner: processOwner() }, NEVER, (lease, held) =>
    reconcileDue(deps, lease, request, held),
  );
  const { judged, failed, windows, made } = tally;
  return { ms: performance.now() - toldAt, judged, failed, windows, corrections: made, peakMb: peakMb() };
});
