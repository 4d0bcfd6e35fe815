import { once } from 'node:events';
import cron from 'node-cron';
import { requireVendor, warningsOf } from '../src/config.ts';
import { type HttpService, type Program, startHttp } from '../src/program.ts';
import { JobRunner } from './job-runner.ts';
import { jobsOf } from './schedule.ts';

/** How long what is in flight may go on after SIGTERM before it is told to give up, and how long that may take. */
const PATIENCE_MS = 6_000;
const GIVING_UP_MS = 18_000;

/**
 * Stays until the signal aborts: the schedule and the HTTP service. Then nothing new begins; what is in flight
 * ends, or is given up where nothing is lost by it.
 */
export async function runWorker(program: Program, stop: AbortSignal): Promise<number> {
  requireVendor(program.config);
  const { log } = program;
  cron.setLogger(cronLog(log));
  for (const warning of warningsOf(program.config)) log.warn({}, warning);
  const giveUp = new AbortController();
  const runners = runnersOf(program, giveUp.signal);
  const reconciling = runners.find(({ name }) => name === 'reconcile');
  const http = await startHttp(program, { nextRunAt: () => reconciling?.nextSlot() });
  try {
    await work(program, stop, http, { runners, giveUp });
  } finally {
    await http.close();
  }
  log.info({}, 'worker stopped');
  return 0;
}

function runnersOf(program: Program, signal: AbortSignal): JobRunner[] {
  return jobsOf(program.config).flatMap((job) =>
    job.cron === undefined ? [] : [new JobRunner({ ...job, cron: job.cron }, program, signal)],
  );
}

async function work(
  program: Program,
  stop: AbortSignal,
  http: HttpService,
  { runners, giveUp }: { readonly runners: readonly JobRunner[]; readonly giveUp: AbortController },
): Promise<void> {
  const { log, clock } = program;
  for (const runner of runners) await runner.start();
  log.info({ url: http.url, jobs: runners.map(({ words }) => words) }, 'worker started');
  if (!stop.aborted) await once(stop, 'abort');
  log.info({}, 'worker stops: no new work, what is in flight ends');
  http.drain();
  const ended = Promise.all(runners.map((runner) => runner.stop()));
  if (await within(ended, PATIENCE_MS, clock)) return;
  giveUp.abort(stop.reason);
  await within(ended, GIVING_UP_MS, clock);
}

/** Whether something ends in time. */
async function within(ended: Promise<unknown>, ms: number, clock: Program['clock']): Promise<boolean> {
  const waiting = new AbortController();
  const timeout = clock.sleep(ms, waiting.signal).then(
    () => false,
    () => true,
  );
  const inTime = await Promise.race([ended.then(() => true), timeout]);
  waiting.abort();
  return inTime;
}

/** node-cron's own lines, as JSON like all others. */
function cronLog(log: Program['log']): Parameters<typeof cron.setLogger>[0] {
  return {
    debug: (message) => log.debug({}, `node-cron: ${message}`),
    info: (message) => log.debug({}, `node-cron: ${message}`),
    warn: (message) => log.warn({}, `node-cron: ${message}`),
    error: (message) => log.error({}, `node-cron: ${message}`),
  };
}
