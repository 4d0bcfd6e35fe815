import { eq, sql } from '../../../db/drizzle.ts';
import { agents, runs } from '../../../db/schema.ts';
import type { RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { figuresReader } from './figures.ts';
import { progressColumns } from './run-rows.ts';

type RunLedger = Pick<
  RunStore,
  'noteNotFound' | 'saveProgress' | 'runFigures' | 'unreportedRuns' | 'noteReported'
>;

/** What a run notes while it is under way, and what is asked about it afterwards. */
export function runLedger(connection: Connection): RunLedger {
  const { orm } = connection;
  const figuresOf = figuresReader(connection.database);
  const selectUnreported = connection.database
    .prepare(
      `SELECT run_id FROM runs WHERE run_id <= ? AND ended_at IS NOT NULL AND trigger_name <> 'review'
         AND run_id > (SELECT value FROM meta WHERE key = 'reported_run') ORDER BY run_id`,
    )
    .pluck();
  const noteReported = connection.database.prepare(
    `UPDATE meta SET value = max(value, :runId) WHERE key = 'reported_run'`,
  );

  return {
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
    saveProgress: async (lease, runId, progress) =>
      connection.write(() => {
        connection.requireLease(lease);
        orm.update(runs).set(progressColumns(progress)).where(eq(runs.runId, runId)).run();
      }),
    unreportedRuns: async (upTo) => connection.read(() => selectUnreported.all(upTo) as number[]),
    noteReported: async (runId) => {
      connection.write(() => noteReported.run({ runId }));
    },
    runFigures: async (runId) => connection.read(() => figuresOf(runId)),
  };
}
