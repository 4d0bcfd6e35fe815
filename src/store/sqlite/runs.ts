import { and, desc, eq, lt, sql } from '../../../db/drizzle.ts';
import { agents, corrections, runErrors, runs } from '../../../db/schema.ts';
import type { CorrectionState } from '../../domain/correction.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RunOutcome, RunProgress, RunRecord, RunStatus, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { makeHistory, runActor } from './history.ts';
import { errorsOf, progressColumns, toRunRecord } from './run-rows.ts';
import type { CorrectionRow, Steps } from './steps.ts';

type RunLedger = Pick<
  RunStore,
  'openRun' | 'noteNotFound' | 'saveProgress' | 'closeRun' | 'finishRun' | 'listRuns'
>;

const SET_ASIDE = 'set aside: its process ended before the run was closed';

/** The life of a run: opened, closed (only then its corrections may be sent), finished. */
export function runLedger(connection: Connection, steps: Steps): RunLedger {
  const { orm } = connection;
  const history = makeHistory(connection.database);

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

  function setAside(byRunId: number, now: Instant): void {
    const dead = orm.select({ runId: runs.runId }).from(runs).where(eq(runs.status, 'running')).all();
    for (const { runId } of dead) {
      orm
        .update(runs)
        .set({ status: 'failed', endedAt: sql`max(${now}, ${runs.startedAt})`, reason: SET_ASIDE })
        .where(eq(runs.runId, runId))
        .run();
      noteStatus(runId, 'running', 'failed', now, runActor(byRunId), SET_ASIDE);
    }
  }

  /** A proposed correction belongs to a run that has not let it go: now to this one, which judges them together. */
  function adopt(runId: number): void {
    orm.update(corrections).set({ runId }).where(eq(corrections.status, 'proposed')).run();
  }

  function proposedOf(runId: number): CorrectionRow[] {
    return orm
      .select({
        correctionNo: corrections.correctionNo,
        correctionId: corrections.correctionId,
        agentNo: corrections.agentNo,
        findingId: corrections.findingId,
        status: sql<CorrectionState>`${corrections.status}`,
      })
      .from(corrections)
      .where(and(eq(corrections.runId, runId), eq(corrections.status, 'proposed')))
      .orderBy(corrections.correctionNo)
      .all();
  }

  /** Lets the run's corrections go, or holds them back together with the findings that they are for. */
  function release(runId: number, outcome: RunOutcome, now: Instant): number {
    const held = outcome.status === 'held';
    const why = held ? (outcome.reason ?? 'the run is held') : 'its run is closed';
    const reason = { actor: runActor(runId), now, why };
    const proposed = proposedOf(runId);
    for (const correction of proposed) {
      steps.moveCorrection(correction, held ? 'held' : 'waiting', reason);
      if (held) steps.moveFinding(correction.findingId, ['open', 'in_review'], 'held', reason);
    }
    return proposed.length;
  }

  function close(runId: number, outcome: RunOutcome, now: Instant): number {
    const before = statusOf(runId);
    if (before !== 'running' || outcome.status === 'running') {
      throw new Error(`The run ${runId} cannot be closed from ${before} as ${outcome.status}.`);
    }
    const released = release(runId, outcome, now);
    const held = outcome.status === 'held';
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
    noteStatus(runId, before, outcome.status, now, runActor(runId), outcome.reason ?? 'closed');
    return released;
  }

  return {
    openRun: async (lease, request, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        const runId = nextRunId();
        setAside(runId, now);
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
        adopt(runId);
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
    listRuns: async (limit, before) => connection.read(() => list(limit, before)),
  };

  /** Known before the run is written, because the one it sets aside has to go first: only one may be running. */
  function nextRunId(): number {
    const { next } = orm.get<{ next: number }>(
      sql`SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1 AS next`,
    );
    return next;
  }

  function list(limit: number, before: number | undefined): RunRecord[] {
    const rows = orm
      .select()
      .from(runs)
      .where(before === undefined ? undefined : lt(runs.runId, before))
      .orderBy(desc(runs.runId))
      .limit(limit)
      .all();
    return rows.map((row) =>
      toRunRecord(
        row,
        orm
          .select()
          .from(runErrors)
          .where(eq(runErrors.runId, row.runId))
          .orderBy(runErrors.position)
          .all()
          .map(({ agent, code, message }) => ({ agent, code, message })),
      ),
    );
  }
}
