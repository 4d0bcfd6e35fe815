import { statSync } from 'node:fs';
import type { Instant } from '../../domain/instant.ts';
import type { RunStatus } from '../../usecases/ports.ts';
import type { ServiceFigures, WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';
import { UNSETTLED } from './correction-indexes.ts';

interface LastRunRow {
  readonly runId: number;
  readonly status: RunStatus;
  readonly planned: number;
  readonly judged: number;
  readonly failed: number;
}

/** A person's decision is closed as a run of its own, which says nothing of whether runs go well. */
const REAL = `trigger_name <> 'review'`;

/** Figures for the metrics. */
export function serviceFigures({ database, ...connection }: Connection): Pick<WebStore, 'figures'> {
  const lastGood = database
    .prepare(
      `SELECT ended_at FROM runs WHERE status IN ('done', 'partial') AND ${REAL} ORDER BY run_id DESC LIMIT 1`,
    )
    .pluck();
  const lastRun = database.prepare(
    `SELECT run_id AS runId, status, agents_planned AS planned, agents_judged AS judged, agents_failed AS failed
     FROM runs WHERE ended_at IS NOT NULL AND ${REAL} ORDER BY run_id DESC LIMIT 1`,
  );
  const heldRuns = database.prepare(`SELECT count(*) FROM runs WHERE status = 'held'`).pluck();
  const agents = database.prepare(
    `SELECT count(*) AS agents, min(coalesce(watermark, first_transition_at)) AS oldestWatermark
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
        const run = lastRun.get() as LastRunRow | undefined;
        const people = agents.get() as { agents: number; oldestWatermark: Instant | null };
        return {
          lastGoodRunAt: (lastGood.get() as Instant | undefined) ?? undefined,
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

/** 0 for a database in memory, and for a log that is not there yet. */
function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
