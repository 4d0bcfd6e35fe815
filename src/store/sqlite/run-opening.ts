import { eq, or, sql } from '../../../db/drizzle.ts';
import { runs } from '../../../db/schema.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { UNSETTLED } from './correction-indexes.ts';
import { makeFiguresHandOver } from './figures.ts';
import { makeHistory, runActor } from './history.ts';
import type { Steps } from './steps.ts';

const SET_ASIDE = 'set aside: its process ended before the run was closed';

/** How a run begins: with what those left behind that never ended. */
export function runOpening(connection: Connection, steps: Steps): Pick<RunStore, 'openRun'> {
  const { orm } = connection;
  const history = makeHistory(connection.database);
  const handFiguresOn = makeFiguresHandOver(connection.database);
  const adoptProposed = connection.database.prepare(
    `UPDATE corrections INDEXED BY corrections_unsettled SET run_id = ?
     WHERE ${UNSETTLED} AND status = 'proposed'`,
  );

  /** Known before the run is written, because the one it sets aside has to go first: only one may be running. */
  function nextRunId(): number {
    const { next } = orm.get<{ next: number }>(
      sql`SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1 AS next`,
    );
    return next;
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
      history({
        entity: 'run',
        entityId: String(runId),
        at: now,
        actor: runActor(byRunId),
        from: 'running',
        to: 'failed',
        why: SET_ASIDE,
      });
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
        history({
          entity: 'run',
          entityId: String(runId),
          at: now,
          actor: runActor(runId),
          from: null,
          to: 'running',
          why: `started by ${request.trigger}`,
        });
        adopt(runId, dead);
        steps.settleAll(runActor(runId), now);
        return runId;
      }),
  };
}
