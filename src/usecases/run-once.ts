import type { Instant } from '../domain/instant.ts';
import { askBeforeJudging } from './ask-before-judging.ts';
import {
  type DeliverDeps,
  type Delivered,
  deliverCorrections,
  noneDelivered,
} from './deliver-corrections.ts';
import { unsettledOf } from './deliver-once.ts';
import type { ReconcileDeps, ReconcileRequest } from './judge-all.ts';
import type { AgentError, CorrectionCounts, Lease, RunProgress, RunStatus, Store } from './ports.ts';
import { type Reconciled, reconcileDry, reconcileDue } from './reconcile-due.ts';
import { type LockDeps, withRunLock } from './run-lock.ts';
import type { Tally } from './tally.ts';

/** What a run did (surface.md, JSON documents, `run`). */
export interface RunReport extends RunProgress {
  /** Absent for a dry run, which is not in the ledger. */
  readonly runId: number | undefined;
  readonly status: RunStatus;
  readonly dryRun: boolean;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly corrections: CorrectionCounts;
  readonly errors: readonly AgentError[];
  readonly durationMs: number;
}

export type RunDeps = ReconcileDeps & DeliverDeps & LockDeps & { readonly store: Store };

/** One reconciliation: judges what is due or asked for, closes the run, then delivers what waits. */
export async function runOnce(
  deps: RunDeps,
  request: ReconcileRequest,
  signal: AbortSignal,
): Promise<RunReport> {
  const startedAt = deps.clock.now();
  return withRunLock(deps, signal, async (lease, held) => {
    const unasked = await askBeforeJudging(deps, lease, held);
    const reconciled = await reconcileDue({ ...deps, unasked }, lease, request, held);
    const isHeld = reconciled.outcome.status === 'held';
    // On hold after a restore nothing is sent anyway, and what the vendor has must not be taken for new.
    const isQuiet = isHeld && !(await deps.store.isOnHold());
    // A tripped run sends nothing, not even what earlier runs have let go: what is wrong may be wrong with them.
    const delivered = noneDelivered();
    if (!isQuiet) {
      await deliverCorrections(deps, lease, held, delivered).catch(async (error: unknown) => {
        // It stays closed, and the ledger is to say what was delivered before; why it broke off counts.
        await finish(deps, lease, reconciled, delivered, startedAt).catch(() => undefined);
        throw error;
      });
    }
    return finish(deps, lease, reconciled, delivered, startedAt);
  });
}

/** The same, reading only. */
export async function runDry(
  deps: RunDeps,
  request: ReconcileRequest,
  signal: AbortSignal,
): Promise<RunReport> {
  const startedAt = deps.clock.now();
  const { tally, status } = await reconcileDry(deps, request, signal);
  const corrections = { made: tally.made, delivered: 0, waiting: 0, held: 0, failed: 0 };
  return report(undefined, status, tally, corrections, deps.clock.now() - startedAt);
}

async function finish(
  { store, clock, log }: RunDeps,
  lease: Lease,
  { runId, tally, outcome, released }: Reconciled,
  { delivered, refused }: Delivered,
  startedAt: Instant,
): Promise<RunReport> {
  const counts = await store.countCorrections();
  const { waiting, unknown } = unsettledOf(counts);
  const { held = 0 } = counts;
  const open = waiting + unknown;
  const corrections = { made: released, delivered, waiting: open, held, failed: refused };
  const isIncomplete = outcome.status === 'done' && open + refused > 0;
  const status = isIncomplete ? 'partial' : outcome.status;
  const now = clock.now();
  await store.finishRun(lease, runId, status, corrections, now);
  const done = report(runId, status, tally, corrections, now - startedAt);
  const { errors, ...fields } = done;
  log.info({ ...fields, errors: errors.length }, 'run ended');
  return done;
}

function report(
  runId: number | undefined,
  status: RunStatus,
  tally: Tally,
  corrections: CorrectionCounts,
  durationMs: number,
): RunReport {
  const { from, to, errors } = tally;
  return {
    runId,
    status,
    dryRun: runId === undefined,
    from,
    to,
    ...tally.progress,
    corrections,
    errors,
    durationMs,
  };
}
