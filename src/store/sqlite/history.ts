import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';

/** One change of status: of what, from what to what, by whom and why. */
export interface HistoryEntry {
  readonly entity: 'finding' | 'correction' | 'run';
  readonly entityId: string;
  readonly at: Instant;
  readonly actor: string;
  readonly from: string | null;
  readonly to: string;
  readonly why: string;
}

export type WriteHistory = (entry: HistoryEntry) => void;

/** Adds rows to the append-only history; to be called in the transaction that makes the change. */
export function makeHistory(database: Database.Database): WriteHistory {
  const insert = database.prepare(
    `INSERT INTO history (entity, entity_id, at, actor, from_status, to_status, why)
     VALUES (:entity, :entityId, :at, :actor, :from, :to, :why)`,
  );
  return (entry) => {
    insert.run(entry);
  };
}

/** How a run signs what it changes. */
export function runActor(runId: number): string {
  return `run ${runId}`;
}
