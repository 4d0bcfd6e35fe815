/** A million findings over HTTP while the worker reconciles: what that costs the event loop and the memory. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { logTruth } from './contact-centre-day.ts';
import type { DownloadAnswer, DownloadOrder } from './download-process.ts';
import { makeFindings } from './findings-database.ts';
import { median, timed } from './measure.ts';
import { PROGRAM_OPTIONS, Worker } from './processes.ts';
import type { SimulatorAnswer, SimulatorOrder } from './simulator-process.ts';
import { quantity, type Row } from './verdict.ts';

const FINDINGS = 1_000_000;
const AGENTS = 10_000;
const SEED = 1;
const MOST_LATE_MS = 50;
const MOST_DISTURBANCE = 2;
/** The memory of the last third of the download against that of the middle one. */
const MOST_GROWTH = 1.1;
/** The streams of a download have their buffers, whatever its length. */
const MOST_SHARE = 1.5;
const ALONE_MS = 15_000;
/** Longer than all that is judged. */
const LOGGED_MS = 4 * 3_600_000;
const LINE_FEED = 10;

export async function benchDownload(folder: string): Promise<Row[]> {
  const database = join(folder, 'download.db');
  await makeFindings(FINDINGS, database);
  const until = Date.now();
  const store = openStore({ path: database });
  await logTruth(store, new ContactCentre(SEED, AGENTS), { start: until - LOGGED_MS, end: until });
  await store.close();
  const simulator = await Worker.start<SimulatorOrder, SimulatorAnswer>('simulator-process.ts', [
    SEED,
    AGENTS,
  ]);
  await simulator.ask({ now: until });
  const token = randomBytes(24).toString('base64url');
  const tokens = `bench:analyst:${createHash('sha256').update(token).digest('hex')}`;
  const args = [database, simulator.hello, tokens, until];
  const worker = await Worker.start<DownloadOrder, DownloadAnswer | 'ready'>(
    'download-process.ts',
    args,
    PROGRAM_OPTIONS,
  );
  await worker.ask('warm');
  const alone = await watched(worker, () => pause(ALONE_MS));
  let rows = 0;
  let ms = 0;
  const during = await watched(worker, async () => {
    ms = await timed(async () => {
      rows = await download(worker.hello, token);
    });
  });
  await worker.stop();
  await simulator.stop();
  if (rows < FINDINGS) throw new Error(`The download had ${rows} rows.`);
  return rowsOf(alone, during, quantity((rows / ms) * 1000, 'rows/s'));
}

async function watched(
  worker: Worker<DownloadOrder, DownloadAnswer | 'ready'>,
  work: () => Promise<unknown>,
): Promise<DownloadAnswer> {
  await worker.ask('start');
  await work();
  return (await worker.ask('stop')) as DownloadAnswer;
}

/** @returns how many rows came. */
async function download(url: string, token: string): Promise<number> {
  const { statusCode, body } = await request(`${url}/reports/drift.csv`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (statusCode !== 200) throw new Error(`The download answered ${statusCode}.`);
  let lines = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === LINE_FEED) lines++;
  }
  return lines - 1;
}

function rowsOf(alone: DownloadAnswer, during: DownloadAnswer, speed: string): Row[] {
  const third = Math.floor(during.rssMb.length / 3);
  const [middle, last] = [during.rssMb.slice(third, 2 * third), during.rssMb.slice(2 * third)];
  const seconds = ({ runsMs }: DownloadAnswer): string => quantity(median(runsMs) / 1000, 's');
  const runs = `${during.runsMs.length} runs of ${quantity(AGENTS, 'agents')}, ${seconds(during)} each (${seconds(alone)} alone), ${quantity(during.delivered, 'corrections')} delivered`;
  return [
    {
      bench: 'download',
      what: 'event loop delay, p99',
      measured: during.p99Ms,
      bound: { atMost: MOST_LATE_MS },
      unit: 'ms',
      note: `${speed} to one client; ${runs}; ${quantity(alone.p99Ms, 'ms')} without a download`,
    },
    {
      bench: 'download',
      what: 'event loop delay, p99, with / without a download',
      measured: during.p99Ms / alone.p99Ms,
      bound: { atMost: MOST_DISTURBANCE },
      unit: '',
      note: 'runs of the same kind, minutes apart: holds on a busy machine, too',
    },
    {
      bench: 'download',
      what: 'event loop delay, worst',
      measured: during.worstMs,
      bound: undefined,
      unit: 'ms',
      note: `${quantity(alone.worstMs, 'ms')} without a download`,
    },
    {
      bench: 'download',
      what: 'processor time between looks 10 ms apart, p99',
      measured: during.busyP99Ms,
      bound: undefined,
      unit: 'ms',
      note: `${quantity(alone.busyP99Ms, 'ms')} without a download; where the delay is far more than this, others use the processors`,
    },
    {
      bench: 'download',
      what: 'memory, last third / middle third',
      measured: median(last) / median(middle),
      bound: { atMost: MOST_GROWTH },
      unit: '',
      note: `median resident set ${quantity(median(middle), 'MB')}, then ${quantity(median(last), 'MB')}; largest ${quantity(during.peakMb, 'MB')}`,
    },
    {
      bench: 'download',
      what: 'memory with / without a download',
      measured: median(last) / median(alone.rssMb),
      bound: { atMost: MOST_SHARE },
      unit: '',
      note: `median resident set without one ${quantity(median(alone.rssMb), 'MB')}`,
    },
  ];
}
