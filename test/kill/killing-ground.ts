import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { transitionsNdjson } from '../../src/simulator/transitions-file.ts';

/*
 * Real processes, killed for real. The vendor is played in this process, so that a kill can be aimed at what the
 * program does: at the n-th request since it started, before or after that took effect, and a moment later.
 */

const CLI = resolve(import.meta.dirname, '../../src/cli.ts');
const HOUR_MS = 3_600_000;
const AGENTS = 6;
/** Each kill has an hour of its own, so that there is always something left to judge and to send. */
const HOURS = 120;

export interface KillCounts {
  kills: number;
  /** The command had ended by itself before its kill came. */
  escaped: number;
  runs: number;
  deliveries: number;
  adjustments: number;
}

/** A database, a vendor, and days that are judged hour by hour while processes die. */
export class KillingGround {
  readonly counts: KillCounts = { kills: 0, escaped: 0, runs: 0, deliveries: 0, adjustments: 0 };
  readonly #folder: string;
  readonly #simulator: Simulator;
  readonly #from: number;
  readonly #random: () => number;
  /** Called with each request; kills when it is the one. */
  #onRequest: (() => void) | undefined;

  private constructor(folder: string, simulator: Simulator, from: number, random: () => number) {
    this.#folder = folder;
    this.#simulator = simulator;
    this.#from = from;
    this.#random = random;
    this.#watchRequests();
  }

  static async open(seed: number): Promise<KillingGround> {
    const folder = await mkdtemp(join(tmpdir(), 'adherence-kill-'));
    const simulator = await startSimulator({ port: 0, agents: AGENTS, seed });
    const from = Math.floor((Date.now() - (HOURS + 3) * HOUR_MS) / HOUR_MS) * HOUR_MS;
    const ground = new KillingGround(folder, simulator, from, randomFrom(seed));
    const file = join(folder, 'transitions.ndjson');
    const lines = transitionsNdjson(
      simulator.vendor.centre,
      from - 20 * HOUR_MS,
      from + (HOURS + 3) * HOUR_MS,
    );
    await writeFile(file, [...lines].join(''));
    await ground.#end(ground.#start(['import', file]));
    return ground;
  }

  /** Runs a command on the next hour (or delivers) and kills it somewhere. */
  async killOnce(): Promise<void> {
    const hour = this.counts.kills % HOURS;
    const range = [
      this.#from + hour * HOUR_MS,
      this.#from + (hour + 1 + Math.floor(this.#random() * 3)) * HOUR_MS,
    ];
    const [from = '', to = ''] = range.map((at) => new Date(at).toISOString());
    const isRun = this.#random() < 0.8;
    const child = this.#start(isRun ? ['run', '--from', from, '--to', to] : ['deliver']);
    this.counts[isRun ? 'runs' : 'deliveries']++;
    const aim = Math.floor(this.#random() * (isRun ? 12 : 3));
    const delayMs = this.#random() < 0.5 ? 0 : this.#random() * 25;
    let seen = 0;
    this.#onRequest = () => {
      if (seen++ === aim) setTimeout(() => child.kill('SIGKILL'), delayMs);
    };
    const { signal } = await this.#end(child);
    this.#onRequest = undefined;
    this.counts.kills++;
    if (signal !== 'SIGKILL') this.counts.escaped++;
  }

  /** The last run, undisturbed, judges all of it; then what is left is sent until nothing is. */
  async settle(): Promise<void> {
    const [from, to] = [this.#from, this.#from + (HOURS + 2) * HOUR_MS].map((at) =>
      new Date(at).toISOString(),
    );
    let last = await this.#end(this.#start(['run', '--from', from as string, '--to', to as string]));
    // A correction that was tried often waits longer than one run's patience.
    for (let tries = 0; tries < 5 && last.status === 3; tries++)
      last = await this.#end(this.#start(['deliver']));
    if (last.status !== 0) throw new Error(`the last command ended with ${last.status}: ${last.text}`);
  }

  /** What is wrong with the vendor's ledger or the database; empty when all is exactly right. */
  problems(): string[] {
    const database = new Database(join(this.#folder, 'adherence.db'), { readonly: true });
    try {
      const integrity = database.pragma('integrity_check', { simple: true });
      const unsettled = database
        .prepare(`SELECT count(*) FROM corrections WHERE status NOT IN ('delivered', 'withdrawn')`)
        .pluck()
        .get();
      const { ledger, centre } = this.#simulator.vendor;
      this.counts.adjustments = ledger.adjustments.length;
      const perAgent = centre.users(0, AGENTS).flatMap(({ userId }) => this.#compare(database, userId));
      return [
        ...(integrity === 'ok' ? [] : [`integrity_check says ${String(integrity)}`]),
        ...(unsettled === 0 ? [] : [`${String(unsettled)} corrections are not settled`]),
        ...(ledger.counts.of('key_reused') === 0 ? [] : ['a key was used for other content']),
        ...(ledger.adjustments.length > 0 ? [] : ['nothing was corrected at all']),
        ...perAgent,
      ];
    } finally {
      database.close();
    }
  }

  async close(): Promise<void> {
    await this.#simulator.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The vendor's adjustments of an agent against what our findings claim, millisecond by millisecond. */
  #compare(database: Database.Database, userId: string): string[] {
    const claimed = database
      .prepare(`SELECT pieces FROM findings WHERE user_id = ? AND status = 'corrected'`)
      .pluck()
      .all(userId)
      .flatMap((text) => JSON.parse(text as string) as [number, number, string][]);
    const applied = this.#simulator.vendor.ledger
      .inForce(userId)
      .map(({ start, end, state }): [number, number, string] => [start, end, state]);
    const [ours, theirs] = [joined(claimed), joined(applied)];
    const sum = (spans: readonly [number, number, string][]): number =>
      spans.reduce((ms, [start, end]) => ms + end - start, 0);
    const problems: string[] = [];
    if (sum(applied) !== sum(theirs)) problems.push(`${userId}: time was corrected twice`);
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      problems.push(`${userId}: claimed ${JSON.stringify(ours)}, applied ${JSON.stringify(theirs)}`);
    }
    return problems;
  }

  #watchRequests(): void {
    const { vendor } = this.#simulator;
    const handle = vendor.handle.bind(vendor);
    vendor.handle = async (request) => {
      const before = this.#random() < 0.5;
      if (before) this.#onRequest?.();
      const response = await handle(request);
      if (!before) this.#onRequest?.();
      return response;
    };
  }

  #start(args: readonly string[]): ReturnType<typeof spawn> {
    const { PATH, HOME } = process.env;
    const own = {
      NODE_COMPILE_CACHE: join(tmpdir(), 'adherence-test-compiled'),
      ADHERENCE_DB: join(this.#folder, 'adherence.db'),
      // A run that adopts what many killed ones proposed may well look unusual; breakers have tests of their own.
      ADHERENCE_CLOCK_BREAKER: 'off',
      ADHERENCE_BREAKER_FACTOR: '0',
      ADHERENCE_EMPTY_BREAKER_SHARE: '0',
      CXONE_BASE_URL: this.#simulator.url,
      CXONE_CLIENT_ID: 'client',
      CXONE_CLIENT_SECRET: 'secret',
      CXONE_MAX_CONCURRENCY: '2',
      LOG_LEVEL: 'error',
    };
    const env = { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }), ...own };
    return spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #end(
    child: ReturnType<typeof spawn>,
  ): Promise<{ status: number | null; signal: string | null; text: string }> {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
    });
    return new Promise((done, failed) => {
      child.once('error', failed);
      child.once('close', (status, signal) => done({ status, signal, text }));
    });
  }
}

/** Plays `kills` kills on one database, then settles. @returns counts, and what is wrong. */
export async function killSeries(
  seed: number,
  kills: number,
): Promise<{ counts: KillCounts; problems: string[] }> {
  const ground = await KillingGround.open(seed);
  try {
    for (let i = 0; i < kills; i++) await ground.killOnce();
    await ground.settle();
    return { problems: ground.problems(), counts: ground.counts };
  } finally {
    await ground.close();
  }
}

function joined(spans: readonly [number, number, string][]): [number, number, string][] {
  const result: [number, number, string][] = [];
  for (const [start, end, state] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result[result.length - 1];
    if (last !== undefined && last[1] >= start && last[2] === state) last[1] = Math.max(last[1], end);
    else result.push([start, end, state]);
  }
  return result;
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
