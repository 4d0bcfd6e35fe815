import type { ControlFigures, ControlStore } from '../../usecases/control-port.ts';
import type { Connection } from './connection.ts';

/** Figures for the metrics; each is looked up, or counted along an index of what is not over. */
export function controlFigures({
  database,
  ...connection
}: Connection): Pick<ControlStore, 'controlFigures'> {
  const changes = database.prepare('SELECT status, changes AS count FROM change_counts ORDER BY status');
  const oldestQueued = database
    .prepare(`SELECT min(requested_at) FROM changes INDEXED BY changes_queue WHERE status = 'queued'`)
    .pluck();
  const openContracts = database
    .prepare(
      `SELECT count(*) FROM acw_contracts INDEXED BY acw_contracts_open
       WHERE status IN ('sending', 'unknown', 'running')`,
    )
    .pluck();
  const phantoms = database.prepare('SELECT count(*) FROM disagreements WHERE told = 1').pluck();
  const escalations = database
    .prepare(`SELECT count(*) FROM escalations INDEXED BY escalations_waiting WHERE status = 'waiting'`)
    .pluck();
  const overrides = database.prepare('SELECT status, count(*) AS count FROM overrides GROUP BY status');
  return {
    controlFigures: async () =>
      connection.read(() => ({
        changes: changes.all() as ControlFigures['changes'],
        oldestQueuedAt: (oldestQueued.get() as number | null) ?? undefined,
        openContracts: openContracts.get() as number,
        overrides: overrides.all() as ControlFigures['overrides'],
        phantomAgents: phantoms.get() as number,
        escalationsWaiting: escalations.get() as number,
      })),
  };
}
