import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { ReconcileRequest } from './judge-all.ts';
import type { Clock, Log, RunProgress } from './ports.ts';
import type { RunReport } from './run-once.ts';
import type { Tally } from './tally.ts';

/** Dry runs that have ended and can still be looked at. */
const REMEMBERED = 20;

export interface RunStarterDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** @throws ProgramError `invalid_argument` for a range that cannot be judged. */
  check(request: ReconcileRequest): void;
  /** The whole of a run; says its number as soon as the ledger has it. */
  run(request: ReconcileRequest, signal: AbortSignal, onOpened: (runId: number) => void): Promise<RunReport>;
  dryRun(
    request: ReconcileRequest,
    signal: AbortSignal,
    onProgress: (tally: Tally) => void,
  ): Promise<RunReport>;
  /** After a run that went to its end, such as leaving its CSV. */
  onEnded(report: RunReport): Promise<void>;
}

/** A dry run leaves no trace in the ledger, so this process remembers it for a while. */
export interface DryRun {
  readonly id: string;
  readonly request: ReconcileRequest;
  readonly startedAt: Instant;
  readonly progress: RunProgress;
  readonly endedAt: Instant | undefined;
  /** Absent while it is under way, and when it broke off. */
  readonly report: RunReport | undefined;
}

/** Starts runs that nobody waits for. The same lock as everywhere says whether there may be one. */
export class RunStarter {
  readonly #deps: RunStarterDeps;
  readonly #giveUp = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #dryRuns = new Map<string, DryRun>();
  #started = 0;

  constructor(deps: RunStarterDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves with the run's number as soon as the ledger has it.
   * @throws ProgramError `lock_held` while another run is under way, and whatever keeps a run from starting.
   */
  async start(request: ReconcileRequest): Promise<number> {
    this.#deps.check(request);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const ended = this.#deps.run(request, this.#giveUp.signal, resolve).then(
      (report) => this.#deps.onEnded(report),
      (error: unknown) => {
        // Said to whoever started it when it did not get as far as a number, and to the log in any case.
        reject(error);
        throw error;
      },
    );
    this.#watch(ended);
    return promise;
  }

  /** @throws ProgramError `lock_held` while another dry run is under way; `invalid_argument` as `check` says. */
  startDry(request: ReconcileRequest): DryRun {
    this.#deps.check(request);
    if ([...this.#dryRuns.values()].some(({ endedAt }) => endedAt === undefined)) {
      throw new ProgramError('lock_held', 'another dry run is under way');
    }
    const id = `dry-${++this.#started}`;
    const none = { new: 0, changed: 0, resolved: 0, unchanged: 0, byKind: {} };
    const progress = { windows: 0, agents: { planned: 0, judged: 0, failed: 0 }, findings: none };
    const startedAt = this.#deps.clock.now();
    this.#note({ id, request, startedAt, progress, endedAt: undefined, report: undefined });
    const change = (more: Partial<DryRun>): void =>
      this.#note({ ...(this.#dryRuns.get(id) as DryRun), ...more });
    const ended = this.#deps
      .dryRun(request, this.#giveUp.signal, (tally) => change({ progress: tally.progress }))
      .then((report) => change({ report, progress: report }))
      .finally(() => change({ endedAt: this.#deps.clock.now() }));
    this.#watch(ended);
    return this.#dryRuns.get(id) as DryRun;
  }

  dryRun(id: string): DryRun | undefined {
    return this.#dryRuns.get(id);
  }

  /** Gives up what is under way, where nothing is lost by it; resolves when that has ended. */
  async close(): Promise<void> {
    this.#giveUp.abort(new ProgramError('interrupted', 'the service stops'));
    await Promise.all(this.#underWay);
  }

  #note(run: DryRun): void {
    this.#dryRuns.set(run.id, run);
    const [oldest] = this.#dryRuns.keys();
    if (this.#dryRuns.size > REMEMBERED && oldest !== undefined) this.#dryRuns.delete(oldest);
  }

  #watch(ended: Promise<void>): void {
    const watched = ended.catch((err: unknown) => {
      const isRefused = err instanceof ProgramError && err.code === 'lock_held';
      if (!isRefused) this.#deps.log.error({ err }, 'a run that a person started has failed');
    });
    this.#underWay.add(watched);
    void watched.finally(() => this.#underWay.delete(watched));
  }
}
