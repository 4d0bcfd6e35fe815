import { eq, sql } from '../../../db/drizzle.ts';
import { runErrors, runs } from '../../../db/schema.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RunOutcome, RunStatus, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { makeForgetDrifts } from './figures.ts';
import { makeHeldRuns } from './held-runs.ts';
import { makeHistory, runActor } from './history.ts';
import { errorsOf, progressColumns } from './run-rows.ts';
import type { Steps } from './steps.ts';

type RunClosing = Pick<RunStore, 'closeRun' | 'finishRun' | 'releaseRun' | 'dropRun'>;

/** How a run ends: closed (only then its corrections may be sent), then finished, or held until a person decides. */
export function runClosing(connection: Connection, steps: Steps): RunClosing {
  const { orm } = connection;
  const history = makeHistory(connection.database);
  const heldRuns = makeHeldRuns(connection, steps);
  const forgetDrifts = makeForgetDrifts(connection.database);

  function statusOf(runId: number): RunStatus {
    const row = orm.select({ status: runs.status }).from(runs).where(eq(runs.runId, runId)).get();
    if (row === undefined) throw new Error(`There is no run ${runId}.`);
    return row.status as RunStatus;
  }

  function noteStatus(runId: number, from: RunStatus, to: RunStatus, at: Instant, why: string): void {
    if (from === to) return;
    history({ entity: 'run', entityId: String(runId), at, actor: runActor(runId), from, to, why });
  }

  function close(runId: number, outcome: RunOutcome, now: Instant): number {
    const before = statusOf(runId);
    if (before !== 'running' || outcome.status === 'running') {
      throw new Error(`The run ${runId} cannot be closed from ${before} as ${outcome.status}.`);
    }
    const held = outcome.status === 'held';
    const why = held ? (outcome.reason ?? 'the run is held') : 'its run is closed';
    const reason = { actor: runActor(runId), now, why };
    const released = held ? heldRuns.hold(runId, reason) : heldRuns.letGo(runId, 'proposed', reason);
    orm
      .update(runs)
      .set({
        ...progressColumns(outcome),
        status: outcome.status,
        endedAt: sql`max(${now}, ${runs.startedAt})`,
        reason: outcome.reason ?? null,
        correctionsMade: released,
        correctionsWaiting: held ? 0 : released,
        correctionsHeld: held ? released : 0,
      })
      .where(eq(runs.runId, runId))
      .run();
    for (const row of errorsOf(runId, outcome.errors)) orm.insert(runErrors).values(row).run();
    forgetDrifts(runId);
    noteStatus(runId, before, outcome.status, now, outcome.reason ?? 'closed');
    return released;
  }

  return {
    closeRun: async (lease, runId, outcome, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        return close(runId, outcome, now);
      }),
    finishRun: async (lease, runId, status, counts, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        const before = statusOf(runId);
        if (before === 'running' || status === 'running') {
          throw new Error(`The run ${runId} cannot be finished from ${before} as ${status}.`);
        }
        // A person was faster: what the run was held for is settled.
        if (status === 'held' && before !== 'held') return;
        orm
          .update(runs)
          .set({
            status,
            endedAt: sql`max(${now}, ${runs.startedAt})`,
            correctionsMade: counts.made,
            correctionsDelivered: counts.delivered,
            correctionsWaiting: counts.waiting,
            correctionsHeld: counts.held,
            correctionsFailed: counts.failed,
          })
          .where(eq(runs.runId, runId))
          .run();
        noteStatus(runId, before, status, now, 'delivering ended');
      }),
    releaseRun: async (runId, decision) => connection.write(() => heldRuns.release(runId, decision)),
    dropRun: async (runId, decision) => connection.write(() => heldRuns.drop(runId, decision)),
  };
}
