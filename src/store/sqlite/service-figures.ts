import type { Instant } from '../../domain/instant.ts';
import type { RunStatus } from '../../usecases/ports.ts';
import type { ServiceFigures, WebStore } from '../../usecases/web-ports.ts';
import { IN_ROSTER } from './agents.ts';
import type { Connection } from './connection.ts';
import { UNSETTLED } from './correction-indexes.ts';
import { fileBytes } from './durable-files.ts';

interface LastRunRow {
  readonly runId: number;
  readonly status: RunStatus;
  readonly planned: number;
  readonly judged: number;
  readonly failed: number;
}

/** A person's decision is closed as a run of its own, which says nothing of whether runs go well. */
const REAL = `trigger_name <> 'review'`;
/** Nor does a range or some agents, judged by hand, as long as there are runs of all that is due. */
const WHOLE = 'range_from IS NULL AND range_to IS NULL AND agents IS NULL';

/** Figures for the metrics. */
export function serviceFigures({ database, ...connection }: Connection): Pick<WebStore, 'figures'> {
  const lastGood = latest(database, 'ended_at AS endedAt', `status IN ('done', 'partial')`);
  const lastRun = latest(
    database,
    'run_id AS runId, status, agents_planned AS planned, agents_judged AS judged, agents_failed AS failed',
    'ended_at IS NOT NULL',
  );
  const heldRuns = database.prepare(`SELECT count(*) FROM runs WHERE status = 'held'`).pluck();
  // Whom neither roster nor report knows nobody can judge: such an agent is retired before long and lags behind nobody.
  const agents = database.prepare(
    `SELECT count(*) AS agents, min(coalesce(watermark, first_transition_at))
       FILTER (WHERE not_found_since IS NULL OR ${IN_ROSTER}) AS oldestWatermark
     FROM agents WHERE retired_at IS NULL`,
  );
  const findings = database.prepare(
    'SELECT kind, status, findings AS count FROM finding_counts ORDER BY kind, status',
  );
  const corrections = database.prepare(
    'SELECT status, corrections AS count FROM correction_counts ORDER BY status',
  );
  const oldestUnsettled = database
    .prepare(`SELECT min(created_at) FROM corrections INDEXED BY corrections_unsettled WHERE ${UNSETTLED}`)
    .pluck();

  return {
    figures: async () =>
      connection.read((): ServiceFigures => {
        const run = lastRun() as LastRunRow | undefined;
        const good = lastGood() as { endedAt: Instant } | undefined;
        const people = agents.get() as { agents: number; oldestWatermark: Instant | null };
        return {
          lastGoodRunAt: good?.endedAt,
          lastRun: run && { runId: run.runId, status: run.status, agents: run },
          heldRuns: heldRuns.get() as number,
          agents: people.agents,
          oldestWatermark: people.oldestWatermark ?? undefined,
          findings: findings.all() as ServiceFigures['findings'],
          corrections: corrections.all() as ServiceFigures['corrections'],
          oldestUnsettledAt: (oldestUnsettled.get() as Instant | null) ?? undefined,
          databaseBytes: fileBytes(database.name),
          walBytes: fileBytes(`${database.name}-wal`),
        };
      }),
  };
}

/** The latest run that meets a condition: of all that is due, or where there was none, any. */
function latest(database: Connection['database'], columns: string, condition: string): () => unknown {
  const select = (more: string) =>
    database.prepare(
      `SELECT ${columns} FROM runs WHERE ${condition} AND ${REAL} AND ${more} ORDER BY run_id DESC LIMIT 1`,
    );
  const [whole, any] = [select(WHOLE), select('true')];
  return () => whole.get() ?? any.get();
}
