import { eq, or, sql } from '../../../db/drizzle.ts';
import { agents, runErrors, runs } from '../../../db/schema.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RunOutcome, RunProgress, RunStatus, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { UNSETTLED } from './correction-indexes.ts';
import { figuresReader, makeFiguresHandOver, makeForgetDrifts } from './figures.ts';
import { makeHeldRuns } from './held-runs.ts';
import { makeHistory, runActor } from './history.ts';
import { errorsOf, progressColumns } from './run-rows.ts';
import type { Steps } from './steps.ts';

type RunLedger = Pick<
  RunStore,
  | 'openRun'
  | 'noteNotFound'
  | 'saveProgress'
  | 'runFigures'
  | 'closeRun'
  | 'finishRun'
  | 'releaseRun'
  | 'dropRun'
  | 'unreportedRuns'
  | 'noteReported'
>;

const SET_ASIDE = 'set aside: its process ended before the run was closed';

/** The life of a run: opened, closed (only then its corrections may be sent), finished. */
export function runLedger(connection: Connection, steps: Steps): RunLedger {
  const { orm } = connection;
  const history = makeHistory(connection.database);
  const heldRuns = makeHeldRuns(connection, steps);
  const figuresOf = figuresReader(connection.database);
  const handFiguresOn = makeFiguresHandOver(connection.database);
  const forgetDrifts = makeForgetDrifts(connection.database);
  const selectUnreported = connection.database
    .prepare(
      `SELECT run_id FROM runs WHERE run_id <= ? AND ended_at IS NOT NULL AND trigger_name <> 'review'
         AND run_id > (SELECT value FROM meta WHERE key = 'reported_run') ORDER BY run_id`,
    )
    .pluck();
  const noteReported = connection.database.prepare(
    `UPDATE meta SET value = max(value, :runId) WHERE key = 'reported_run'`,
  );
  const adoptProposed = connection.database.prepare(
    `UPDATE corrections INDEXED BY corrections_unsettled SET run_id = ?
     WHERE ${UNSETTLED} AND status = 'proposed'`,
  );

  function statusOf(runId: number): RunStatus {
    const row = orm.select({ status: runs.status }).from(runs).where(eq(runs.runId, runId)).get();
    if (row === undefined) throw new Error(`There is no run ${runId}.`);
    return row.status as RunStatus;
  }

  function noteStatus(
    runId: number,
    from: RunStatus | null,
    to: RunStatus,
    at: Instant,
    actor: string,
    why: string,
  ) {
    if (from === to) return;
    history({ entity: 'run', entityId: String(runId), at, actor, from, to, why });
  }

  /** @returns the runs that never ended. */
  function setAside(byRunId: number, now: Instant): number[] {
    const dead = orm.select({ runId: runs.runId }).from(runs).where(eq(runs.status, 'running')).all();
    for (const { runId } of dead) {
      orm
        .update(runs)
        .set({ status: 'failed', endedAt: sql`max(${now}, ${runs.startedAt})`, reason: SET_ASIDE })
        .where(eq(runs.runId, runId))
        .run();
      noteStatus(runId, 'running', 'failed', now, runActor(byRunId), SET_ASIDE);
    }
    return dead.map(({ runId }) => runId);
  }

  /** What was never let go belongs to this run now, which is judged by the breakers together with it. */
  function adopt(runId: number, dead: readonly number[]): void {
    adoptProposed.run(runId);
    for (const deadId of dead) {
      handFiguresOn(deadId, runId);
      orm
        .update(runs)
        .set({ adoptedBy: runId })
        .where(or(eq(runs.runId, deadId), eq(runs.adoptedBy, deadId)))
        .run();
    }
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
    noteStatus(runId, before, outcome.status, now, runActor(runId), outcome.reason ?? 'closed');
    return released;
  }

  return {
    openRun: async (lease, request, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        const runId = nextRunId();
        const dead = setAside(runId, now);
        orm
          .insert(runs)
          .values({
            runId,
            status: 'running',
            triggerName: request.trigger,
            fence: lease.fence,
            reopenSequence: sql`(SELECT value FROM meta WHERE key = 'reopen_sequence')`,
            startedAt: now,
            rangeFrom: request.from ?? null,
            rangeTo: request.to ?? null,
            agents: request.agents === undefined ? null : JSON.stringify(request.agents),
          })
          .run();
        noteStatus(runId, null, 'running', now, runActor(runId), `started by ${request.trigger}`);
        adopt(runId, dead);
        steps.settleAll(runActor(runId), now);
        return runId;
      }),
    noteNotFound: async (lease, notFound, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        for (const { userId, retired } of notFound) {
          orm
            .update(agents)
            .set({
              notFoundSince: sql`coalesce(${agents.notFoundSince}, ${now})`,
              ...(retired && { retiredAt: sql`coalesce(${agents.retiredAt}, ${now})` }),
            })
            .where(eq(agents.userId, userId))
            .run();
        }
      }),
    saveProgress: async (lease, runId, progress: RunProgress) =>
      connection.write(() => {
        connection.requireLease(lease);
        orm.update(runs).set(progressColumns(progress)).where(eq(runs.runId, runId)).run();
      }),
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
        noteStatus(runId, before, status, now, runActor(runId), 'delivering ended');
      }),
    unreportedRuns: async (upTo) => connection.read(() => selectUnreported.all(upTo) as number[]),
    noteReported: async (runId) => {
      connection.write(() => noteReported.run({ runId }));
    },
    runFigures: async (runId) => connection.read(() => figuresOf(runId)),
    releaseRun: async (runId, decision) => connection.write(() => heldRuns.release(runId, decision)),
    dropRun: async (runId, decision) => connection.write(() => heldRuns.drop(runId, decision)),
  };

  /** Known before the run is written, because the one it sets aside has to go first: only one may be running. */
  function nextRunId(): number {
    const { next } = orm.get<{ next: number }>(
      sql`SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1 AS next`,
    );
    return next;
  }
}
