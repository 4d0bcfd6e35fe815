/** The composition root: configuration in; a program out that can do each thing once, and close again. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { systemClock } from './clock.ts';
import { type Config, requireVendor } from './config.ts';
import { driftCsv } from './csv/drift-csv.ts';
import { readTransitions, type TransitionFormat } from './csv/read-transitions.ts';
import { writeWhole } from './csv/write-whole.ts';
import { openZoneClock } from './csv/zone-clock.ts';
import { adjustmentBody } from './cxone/adjustments.ts';
import { type OpenVendor, openVendor } from './cxone/vendor.ts';
import { ProgramError } from './domain/errors.ts';
import { FINDING_STATUSES } from './domain/finding.ts';
import { formatInstant } from './domain/instant.ts';
import { createJudge } from './domain/judge.ts';
import { requireJudgeable } from './domain/plan.ts';
import { processOwner } from './process-owner.ts';
import { AgentControl } from './program/agent-control.ts';
import { restoreDatabase } from './store/sqlite/restore.ts';
import { openStore } from './store/sqlite/store.ts';
import { openTokenFile } from './store/token-file.ts';
import { type CollectReport, collectStatus } from './usecases/collect-status.ts';
import type { ControlStore } from './usecases/control-port.ts';
import { type DeliverReport, deliverOnce } from './usecases/deliver-once.ts';
import { driftPages } from './usecases/export-drift.ts';
import { type ImportReport, importTransitions } from './usecases/import-transitions.ts';
import type { ReconcileRequest } from './usecases/judge-all.ts';
import type {
  FindingFilter,
  Log,
  ReleasedRun,
  ReopenRule,
  Store,
  TransitionBatch,
} from './usecases/ports.ts';
import { prune } from './usecases/prune.ts';
import { type Reviewed, reviewFinding, type Verdict } from './usecases/review-finding.ts';
import { type RunDeps, type RunReport, runDry, runOnce } from './usecases/run-once.ts';
import type { Tally } from './usecases/tally.ts';
import type { WebStore } from './usecases/web-ports.ts';
import type { VendorCall } from './web/monitoring/metrics.ts';
import { ping } from './web/monitoring/ping.ts';

export { formatOf } from './csv/read-transitions.ts';
export { writeWhole } from './csv/write-whole.ts';
export type { LoginReport, LogoutReport } from './cxone/login.ts';
export { ACW_TYPES, type AcwContract, type AcwType } from './domain/acw.ts';
export { GROUP_STATES, SETTABLE_STATES, type SettableState } from './domain/change.ts';
export { ProgramError } from './domain/errors.ts';
export { FINDING_KINDS, FINDING_STATUSES, type FindingKind, type FindingStatus } from './domain/finding.ts';
export { isCorrectable } from './domain/finding-life.ts';
export { formatInstant, formatOrNull, type Instant, parseInstant } from './domain/instant.ts';
export type { Override } from './domain/override.ts';
export { startHttp } from './program/start-http.ts';
export { startSimulator } from './simulator/server.ts';
export { transitionsNdjson } from './simulator/transitions-file.ts';
export { type StatusRequest, WITHIN_MS } from './usecases/change-status.ts';
export type { CollectReport } from './usecases/collect-status.ts';
export type { DeliverReport } from './usecases/deliver-once.ts';
export { storyDocument, verdictInWords } from './usecases/finding-words.ts';
export type { ImportReport } from './usecases/import-transitions.ts';
export type { ReconcileRequest } from './usecases/judge-all.ts';
export type { Approval } from './usecases/override-status.ts';
export type { FindingFilter, FindingStory, Log, RunRecord, SlotFate } from './usecases/ports.ts';
export type { Reviewed } from './usecases/review-finding.ts';
export type { RunReport } from './usecases/run-once.ts';
export { type OutcomeDocument, outcomeDocument, shownDocument } from './usecases/status-words.ts';
export { ownerOf } from './web/access.ts';
export { toContractDocument, toOverrideDocument } from './web/control-documents.ts';
export type { HttpService } from './web/server.ts';

const NEVER = new AbortController().signal;

/** How a run ends that judged what it could; single agents that could not be judged have their own alert. */
const GOOD: ReadonlySet<RunReport['status']> = new Set(['done', 'partial']);

/** The program, opened on one database. The vendor is first spoken to by what needs it. */
export class Program {
  readonly config: Config;
  readonly log: Log;
  readonly store: Store & WebStore & ControlStore;
  /** What changes agents' states. */
  readonly control: AgentControl;
  readonly clock = systemClock;
  /** Told of every call to the vendor, once somebody wants to know. */
  onVendorCall: ((call: VendorCall) => void) | undefined;
  readonly #owner = processOwner();
  #vendor: OpenVendor | undefined;

  /** @throws ProgramError `database_unusable` or `database_newer`. */
  constructor(
    config: Config,
    log: Log,
    options: { readonly readonly?: boolean; readonly bulk?: boolean } = {},
  ) {
    this.config = config;
    this.log = log;
    this.store = openStore({ path: config.database, ...options });
    this.control = new AgentControl({
      config,
      log,
      clock: this.clock,
      store: this.store,
      owner: this.#owner,
      openVendor: () => this.#openVendor(),
      reopenRule: () => this.reopenRule(),
    });
  }

  /** One reconciliation and the delivery after it; a good one is told to whoever watches for silence. */
  async run(
    request: ReconcileRequest,
    signal = NEVER,
    onProgress?: (tally: Tally) => void,
    onOpened?: (runId: number) => void,
  ): Promise<RunReport> {
    const deps = { ...this.#runDeps(onProgress), ...(onOpened && { onOpened }) };
    const report = await runOnce(deps, request, signal);
    const { pingUrl } = this.config;
    if (pingUrl !== undefined && GOOD.has(report.status)) await ping(pingUrl, this);
    return report;
  }

  /** The same, reading only; for a program that was opened `readonly`. */
  dryRun(request: ReconcileRequest, signal = NEVER, onProgress?: (tally: Tally) => void): Promise<RunReport> {
    return runDry(this.#runDeps(onProgress), request, signal);
  }

  deliver(signal = NEVER): Promise<DeliverReport> {
    return deliverOnce(this.#runDeps(), signal);
  }

  collect(signal = NEVER, onProgress?: (agents: number) => void): Promise<CollectReport> {
    const { store, clock } = this;
    const { maxConcurrency } = requireVendor(this.config);
    const vendor = this.#openVendor();
    const { pairingToleranceMs, marginMs } = this.config.policy;
    const list = { reader: vendor, pairingToleranceMs, marginMs };
    const reopenRule = (): ReopenRule => this.reopenRule();
    const deps = {
      store,
      clock,
      vendor,
      list,
      maxConcurrency,
      reopenRule,
      onSessions: (userId: string) => this.control.sawSessions(userId),
      ...(onProgress && { onProgress }),
    };
    return collectStatus(deps, signal);
  }

  /** Reads the input to its end, or until the signal aborts: then what was committed stays. */
  async import(
    input: Readable,
    format: TransitionFormat,
    signal = NEVER,
    onBatch: (batch: TransitionBatch) => void = () => undefined,
  ): Promise<ImportReport> {
    const onAbort = (): void => void input.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const batches = readTransitions(input, { format, now: this.clock.now() });
      return await importTransitions(this.store, batches, this.reopenRule(), onBatch);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The drift CSV in chunks of text. */
  exportCsv(filter: FindingFilter): AsyncGenerator<string> {
    const warn = (zone: string | undefined): void =>
      this.log.warn(
        { zone },
        zone === undefined ? 'agents without a time zone count as UTC' : 'unknown time zone counts as UTC',
      );
    return driftCsv(driftPages(this.store, filter), openZoneClock(warn));
  }

  /** Leaves a run's findings in the report folder, and those of runs before it that broke off before theirs were. */
  async leaveReports(upTo: number): Promise<void> {
    const stamp = formatInstant(this.clock.now()).replace(/[-:]|\.\d+/g, '');
    for (const runId of await this.store.unreportedRuns(upTo)) {
      const path = join(this.config.reportDir, `drift-${stamp}-run-${runId}.csv`);
      await writeWhole(path, this.exportCsv({ runId, statuses: FINDING_STATUSES }));
      await this.store.noteReported(runId);
      this.log.debug({ runId, path }, 'drift CSV left');
    }
  }

  /** A person's decision on a finding. */
  review(findingId: string, verdict: Verdict, person: string, note: string | undefined): Promise<Reviewed> {
    const deps = { store: this.store, vendor: { adjustmentBody }, policy: this.config.policy };
    return reviewFinding(deps, findingId, verdict, { person, note, at: this.clock.now() });
  }

  /** What a person does about a run that a circuit breaker holds. */
  settleHeldRun(
    runId: number,
    what: 'release' | 'drop',
    person: string,
    note: string | undefined,
  ): Promise<ReleasedRun> {
    const decision = { person, note, at: this.clock.now() };
    return what === 'release' ? this.store.releaseRun(runId, decision) : this.store.dropRun(runId, decision);
  }

  prune(signal = NEVER): Promise<number> {
    const now = this.clock.now();
    const { retentionMs, auditRetentionMs } = this.config;
    return prune(this.store, { events: now - retentionMs, audit: now - auditRetentionMs }, signal);
  }

  /** Whether the database answers. */
  async isReady(): Promise<boolean> {
    try {
      await this.store.listRuns(1);
      return true;
    } catch (err) {
      this.log.error({ err }, 'the database does not answer');
      return false;
    }
  }

  /** Ends what is under way at the vendor, then closes the database. */
  async close(): Promise<void> {
    await this.control.close();
    await this.#vendor?.close();
    await this.store.close();
  }

  /** @throws ProgramError `invalid_configuration` when something is missing that calling the vendor needs. */
  requireVendor(): void {
    if (requireVendor(this.config).grant !== 'refresh_token') return void this.#openVendor();
    if (this.#openVendor().statesToken() === 'user') return;
    throw new ProgramError('invalid_configuration', 'CXONE_REFRESH_TOKEN: must be set to call the vendor', {
      hint: 'Or log in with `adherence login`.',
    });
  }

  #openVendor(): OpenVendor {
    const onCall = (call: VendorCall): void => this.onVendorCall?.(call);
    this.#vendor ??= openVendorOf(this.config, this, onCall);
    return this.#vendor;
  }

  /** @throws ProgramError `invalid_argument` for a range that cannot be judged. */
  requireJudgeable(range: Pick<ReconcileRequest, 'from' | 'to'>): void {
    const { policy, backfillMs, retentionMs } = this.config;
    requireJudgeable(range, this.clock.now(), { marginMs: policy.marginMs, backfillMs, retentionMs });
  }

  /** What a transition that comes late reopens. */
  reopenRule(): ReopenRule {
    return { marginMs: this.config.policy.marginMs, closedBefore: this.clock.now() - this.config.lockMs };
  }

  #runDeps(onProgress?: (tally: Tally) => void): RunDeps {
    const { store, clock, log, config } = this;
    const { policy, maxWindowMs, minWindowMs, backfillMs, lockMs } = config;
    return {
      store,
      clock,
      log,
      policy,
      vendor: this.#openVendor(),
      judge: createJudge(policy),
      breakers: { ...config.breakers, thresholdMs: policy.thresholdMs },
      limits: { marginMs: policy.marginMs, backfillMs, lockMs, maxWindowMs, minWindowMs },
      maxConcurrency: requireVendor(config).maxConcurrency,
      random: Math.random,
      owner: this.#owner,
      ...(onProgress && { onProgress }),
    };
  }
}

/** The vendor alone, without the database; for logging in and out. */
export function openVendorAlone(config: Config, log: Log): OpenVendor {
  return openVendorOf(config, { clock: systemClock, log });
}

function openVendorOf(
  config: Config,
  { clock, log }: Pick<Program, 'clock' | 'log'>,
  onCall?: (call: VendorCall) => void,
): OpenVendor {
  const { database } = config;
  // A database in memory has no place beside it.
  const tokenKeeper = database === ':memory:' ? undefined : openTokenFile(database, { clock, log });
  return openVendor(requireVendor(config), { clock, log, tokenKeeper, ...(onCall && { onCall }) });
}

/** Puts a backup in place of the database; nobody may have it open. @throws ProgramError, having changed nothing. */
export function restore(config: Config, file: string): void {
  restoreDatabase(file, config.database, processOwner().isGone, systemClock.now());
}
