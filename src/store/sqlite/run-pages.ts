import { and, desc, eq, inArray, lt } from '../../../db/drizzle.ts';
import { runErrors, runs } from '../../../db/schema.ts';
import type { RunRecord, RunStore } from '../../usecases/ports.ts';
import type { WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';
import { type RunRow, toRunRecord } from './run-rows.ts';

/** The ledger of runs, page by page. */
export function runPages({
  orm,
  ...connection
}: Connection): Pick<RunStore, 'listRuns'> & Pick<WebStore, 'runById'> {
  function recordOf(row: RunRow): RunRecord {
    const errors = orm
      .select({ agent: runErrors.agent, code: runErrors.code, message: runErrors.message })
      .from(runErrors)
      .where(eq(runErrors.runId, row.runId))
      .orderBy(runErrors.position)
      .all();
    return toRunRecord(row, errors);
  }

  return {
    listRuns: async (limit, before, statuses) =>
      connection.read(() => {
        const filter = and(
          before === undefined ? undefined : lt(runs.runId, before),
          statuses === undefined ? undefined : inArray(runs.status, [...statuses]),
        );
        return orm
          .select()
          .from(runs)
          .where(filter)
          .orderBy(desc(runs.runId))
          .limit(limit)
          .all()
          .map(recordOf);
      }),
    runById: async (runId) =>
      connection.read(() => {
        const row = orm.select().from(runs).where(eq(runs.runId, runId)).get();
        return row && recordOf(row);
      }),
  };
}
