import type Database from 'better-sqlite3';
import type { PruneOlder } from './prune-agents.ts';

interface Table {
  readonly name: string;
  /** Numbers its rows in the order in which they were written. */
  readonly key: string;
  /** When a row was written. */
  readonly at: string;
  /** Which of the old rows, as `r`, may go. */
  readonly mayGo: string;
}

/**
 * Prunes a table that only grows at its end, from its start on, stretch by stretch, until one holds nothing old: it
 * needs no index of its own, and does not look at what is new. What was written out of order while a clock was wrong
 * goes with what surrounds it.
 */
export function makeOrderedPruning(database: Database.Database, { name, key, at, mayGo }: Table): PruneOlder {
  // What lies before it was looked at in this round: it is gone, or has to stay.
  let reached = 0;
  const select = database.prepare(
    `SELECT max(${key}) AS last, coalesce(sum(${at} < :before), 0) AS old FROM (
       SELECT ${key}, ${at} FROM ${name} WHERE ${key} > :reached ORDER BY ${key} LIMIT :limit)`,
  );
  const remove = database.prepare(
    `DELETE FROM ${name} AS r WHERE r.${key} > :reached AND r.${key} <= :last AND r.${at} < :before AND ${mayGo}`,
  );
  return (before, limit) => {
    for (;;) {
      const { last, old } = select.get({ before, reached, limit }) as { last: number; old: number };
      if (old === 0) {
        reached = 0;
        return 0;
      }
      const deleted = remove.run({ before, reached, last }).changes;
      reached = last;
      if (deleted > 0) return deleted;
    }
  };
}
