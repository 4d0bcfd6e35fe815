import { ProgramError } from '../../src/domain/errors.ts';
import type { Instant, Interval } from '../../src/domain/instant.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { userIdOf } from '../../src/simulator/roster.ts';
import { Vendor } from '../../src/simulator/vendor.ts';
import type { CollectDeps } from '../../src/usecases/collect-status.ts';
import type { ReopenRule } from '../../src/usecases/ports.ts';
import type { RunDeps } from '../../src/usecases/run-once.ts';
import { Notebook } from './check/notebook.ts';
import { Watch } from './check/watch.ts';
import { VirtualClock } from './clock.ts';
import { Counts } from './counts.ts';
import { stream } from './draw.ts';
import { Engine } from './engine.ts';
import { Network } from './network.ts';
import { type Ending, type Fate, SILENT, SimulatedProcess, type Tamper } from './process.ts';
import { drawTenant, type Tenant } from './tenant.ts';
import type { Trace } from './trace.ts';

/** A Sunday, so that weeks are whole. */
const BEGINNING = Date.parse('2025-06-01T00:00:00Z');

const SETTINGS = {
  baseUrl: 'http://127.0.0.1',
  grant: 'client_credentials',
  clientId: 'client',
  clientSecret: 'secret',
  scopes: [],
  maxConcurrency: 4,
  maxRequestsPerSecond: 50,
  timeoutMs: 15_000,
  allowPasswordGrant: false,
} as const;

/** Codes that a process may well end with; any other error is a mistake of the program. */
const EXPECTED: ReadonlySet<string> = new Set(['lock_held', 'lock_lost', 'not_allowed', 'not_found']);

export interface WorldOptions {
  readonly seed: number;
  /** The database file. */
  readonly path: string;
  readonly trace: Trace;
  readonly tamper?: Tamper | undefined;
}

/** What went wrong, in words; the simulation ends with the first one. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One tenant's world: its vendor, its machine with the database and the processes on it, and the time. */
export class World {
  readonly seed: number;
  readonly path: string;
  readonly tenant: Tenant;
  readonly clock = new VirtualClock(BEGINNING);
  readonly vendor: Vendor;
  readonly network: Network;
  readonly engine: Engine;
  readonly counts = new Counts();
  readonly userIds: readonly string[];
  readonly trace: Trace;
  readonly watch = new Watch();
  /** Keys of corrections that a person let stand although the log no longer supports them. */
  readonly kept = new Set<string>();
  /** What the machine's clock shows beside the true time. */
  skewMs = 0;
  /** What happens now is lost with a restore that is to come. */
  isForgotten = false;
  /** What was done between a copy and its being put back: the ledger does not know of it any more. */
  readonly forgotten: Interval[] = [];
  /** A copy was put back today. */
  wasRestored = false;
  #notebook: Notebook | undefined;
  readonly #tamper: Tamper | undefined;
  readonly #gone = new Set<string>();
  #processes = 0;
  readonly #all = new Set<SimulatedProcess>();
  #current: SimulatedProcess | undefined;

  constructor({ seed, path, trace, tamper }: WorldOptions) {
    this.seed = seed;
    this.path = path;
    this.trace = trace;
    this.#tamper = tamper;
    this.tenant = drawTenant(seed);
    const { agents, report, showsAdjustments, absentAfterMs } = this.tenant;
    this.vendor = new Vendor({
      seed,
      agents,
      clock: () => this.clock.now(),
      reportFaults: report,
      reportShowsAdjustments: showsAdjustments,
      ...(absentAfterMs !== undefined && { absentAfterMs }),
    });
    this.network = new Network(this.clock, this.vendor, stream(seed, 'network'), {
      leaving: (request) => {
        trace.add(`${this.clock.now()} ${request.method} ${request.path} ${request.body}`);
        this.watch.leaving(request);
      },
      answered: (request, response, at) => this.watch.answered(request, response, at),
    });
    this.userIds = Array.from({ length: agents }, (_, index) => userIdOf(index));
    this.engine = new Engine(seed, this.vendor, this.tenant);
  }

  get beginning(): Instant {
    return BEGINNING;
  }

  /** The database as the checker reads it. */
  get notebook(): Notebook {
    if (this.#notebook === undefined) {
      // Made by the first process.
      void this.current;
      this.#notebook = new Notebook(this.path);
      this.watch.notebook = this.#notebook;
    }
    return this.#notebook;
  }

  /** Before the file is put back; the next reading opens it again. */
  closeNotebook(): void {
    this.#notebook?.close();
    this.#notebook = undefined;
    this.watch.notebook = undefined;
  }

  /** What the machine's clock shows. */
  get machineNow(): Instant {
    return this.clock.now() + this.skewMs;
  }

  /** The worker; started when there is none. */
  get current(): SimulatedProcess {
    if (this.#current === undefined || this.#current.isDead || this.#current.isStanding) {
      this.#current = this.start();
    }
    return this.#current;
  }

  /** Another process beside the worker. */
  start(): SimulatedProcess {
    this.#processes += 1;
    const name = `machine pid ${this.#processes} (sim)`;
    const { clock, path, trace } = this;
    this.counts.add('processes');
    const process = new SimulatedProcess({
      name,
      path,
      clock,
      skewMs: () => this.skewMs,
      random: stream(this.seed, 'process', this.#processes),
      connect: (gate) => this.network.connect(gate),
      settings: SETTINGS,
      trace: (line) => trace.add(`${clock.now()} ${line}`),
      tamper: this.#tamper,
    });
    this.#all.add(process);
    return process;
  }

  /** Lets a process do something until it ends, crashes or stands still. */
  async act<T>(
    process: SimulatedProcess,
    what: string,
    work: () => Promise<T>,
    fate?: Fate,
  ): Promise<Ending<T> | { readonly kind: 'standing'; readonly ending: Promise<Ending<T>> }> {
    const stopped = process.meet(fate);
    const ending = process.perform(work);
    const standing = stopped.then(() => ({ kind: 'standing', ending }) as const);
    const outcome = await this.clock.until(Promise.race([ending, standing]));
    this.trace.add(`${this.clock.now()} ${what}: ${outcome.kind}`);
    this.note(what, process, outcome);
    return outcome;
  }

  /** Counts how something ended. @throws Violation for an error that nobody may see. */
  note(what: string, process: SimulatedProcess, outcome: { kind: string; error?: unknown }): void {
    if (outcome.kind === 'crashed') {
      this.counts.add('crashes');
      this.#gone.add(process.name);
    }
    if (outcome.kind !== 'failed') return;
    const { error } = outcome;
    if (!(error instanceof ProgramError) || !EXPECTED.has(error.code)) {
      throw new Violation(`${what} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
    this.counts.add(`ended with ${error.code}`);
  }

  /** Ends it; the file stays. */
  async end(): Promise<void> {
    await this.stopAll();
    this.closeNotebook();
  }

  /** Ends all processes, as before a restore. */
  async stopAll(): Promise<void> {
    for (const process of this.#all) if (!process.isDead) await process.end();
    this.#all.clear();
    this.#current = undefined;
  }

  /** Whether a process is known to be gone; some crashed ones are of another host, whose locks must run out. */
  isGone(owner: string): boolean {
    return this.#gone.has(owner) && !owner.endsWith('7 (sim)');
  }

  runDeps(process: SimulatedProcess): RunDeps {
    const { policy, limits, breakers } = this.tenant;
    return {
      store: process.store,
      clock: process.clock,
      vendor: process.vendor,
      log: SILENT,
      policy,
      judge: createJudge(policy),
      breakers,
      limits,
      maxConcurrency: SETTINGS.maxConcurrency,
      random: stream(this.seed, 'delivery', process.steps, this.clock.now() / 1000),
      owner: { name: process.name, isGone: (owner) => this.isGone(owner) },
    };
  }

  collectDeps({ store, clock, vendor }: SimulatedProcess): CollectDeps {
    return {
      store,
      clock,
      vendor,
      maxConcurrency: SETTINGS.maxConcurrency,
      reopenRule: () => this.reopenRule(),
    };
  }

  reopenRule(): ReopenRule {
    const { policy, limits } = this.tenant;
    return { marginMs: policy.marginMs, closedBefore: this.machineNow - limits.lockMs };
  }
}
