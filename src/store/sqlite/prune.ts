import type Database from 'better-sqlite3';
import type { OperatingStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { UNSETTLED } from './correction-indexes.ts';
import { makeReportPruning, makeTransitionPruning, type PruneOlder } from './prune-agents.ts';
import { CONTROL_AUDIT_STATEMENTS, CONTROL_EVENT_STATEMENTS } from './prune-control.ts';
import { makeOrderedPruning } from './prune-in-order.ts';

export type Prune = (before: Parameters<OperatingStore['pruneBatch']>[0], limit: number) => number;

const SETTLED_RUNS = `SELECT run_id FROM runs r WHERE r.ended_at < :before AND r.status <> 'held' AND NOT EXISTS (
  SELECT 1 FROM corrections c WHERE c.run_id = r.run_id AND c.${UNSETTLED})`;

/**
 * Nothing has moved since, neither the finding nor any of its corrections, and nothing is left to do. Its start is
 * named although its end says more, because that is what an index has in order.
 */
const SETTLED_FINDINGS = `SELECT finding_id FROM findings f
  WHERE f.difference_from < :before AND f.difference_to < :before AND f.changed_at < :before
    AND f.status IN ('dismissed', 'corrected', 'resolved', 'failed') AND NOT EXISTS (
      SELECT 1 FROM corrections c WHERE c.finding_id = f.finding_id
        AND (c.${UNSETTLED} OR c.take_back_asked = 1 OR c.updated_at >= :before))`;

const SETTLED_CORRECTIONS = `SELECT correction_no FROM corrections WHERE finding_id IN (${SETTLED_FINDINGS})`;

/** What goes with the event log, children first. */
const EVENT_STATEMENTS = [
  `DELETE FROM session_events WHERE event_no IN (
     SELECT event_no FROM session_events WHERE received_at < :before LIMIT :limit)`,
  `DELETE FROM run_errors WHERE (run_id, position) IN (
     SELECT run_id, position FROM run_errors WHERE run_id IN (${SETTLED_RUNS}) LIMIT :limit)`,
  `DELETE FROM skips WHERE (run_id, agent_no, start_at) IN (
     SELECT run_id, agent_no, start_at FROM skips WHERE run_id IN (${SETTLED_RUNS}) LIMIT :limit)`,
  `DELETE FROM runs WHERE run_id IN (${SETTLED_RUNS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM run_errors e WHERE e.run_id = runs.run_id)
     AND NOT EXISTS (SELECT 1 FROM skips s WHERE s.run_id = runs.run_id)`,
  // The latest slot of a job is where catching up starts.
  `DELETE FROM slots WHERE (job, slot_at) IN (
     SELECT job, slot_at FROM slots s WHERE slot_at < :before
       AND slot_at < (SELECT max(slot_at) FROM slots l WHERE l.job = s.job) LIMIT :limit)`,
];

/** What is kept for audits, children first. */
const AUDIT_STATEMENTS = [
  `DELETE FROM attempts WHERE attempt_id IN (
     SELECT attempt_id FROM attempts WHERE correction_no IN (${SETTLED_CORRECTIONS}) LIMIT :limit)`,
  `DELETE FROM corrections WHERE correction_no IN (${SETTLED_CORRECTIONS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.correction_no = corrections.correction_no)`,
  `DELETE FROM findings WHERE finding_id IN (${SETTLED_FINDINGS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.finding_id = findings.finding_id)`,
  `DELETE FROM access_log WHERE access_no IN (SELECT access_no FROM access_log WHERE at < :before LIMIT :limit)`,
];

const ATTEMPTS = {
  name: 'attempts',
  key: 'attempt_id',
  at: 'started_at',
  mayGo: `r.ended_at < :before AND NOT EXISTS (SELECT 1 FROM corrections c
    WHERE c.correction_no = r.correction_no AND c.${UNSETTLED})`,
};

/** It goes after what it tells of. */
const HISTORY = {
  name: 'history',
  key: 'sequence',
  at: 'at',
  mayGo: `CASE r.entity
    WHEN 'finding' THEN NOT EXISTS (SELECT 1 FROM findings f WHERE f.finding_id = r.entity_id)
    WHEN 'correction' THEN NOT EXISTS (SELECT 1 FROM corrections c WHERE c.correction_id = r.entity_id)
    ELSE NOT EXISTS (SELECT 1 FROM runs n WHERE n.run_id = CAST(r.entity_id AS INTEGER)) END`,
};

/** A row with long evidence frees more than one page. */
const PAGES_PER_ROW = 2;
/** Given back at the end of a round, of what batches have left over. */
const LAST_PAGES = 2_000;

/** Deletes in small batches, so that nothing else waits long, and gives the freed pages back to the disk. */
export function makePruning({ database }: Connection): Prune {
  const events = [
    makeTransitionPruning(database),
    makeReportPruning(database),
    ...[...EVENT_STATEMENTS, ...CONTROL_EVENT_STATEMENTS].map((sql) => makeStatementPruning(database, sql)),
    makeOrderedPruning(database, ATTEMPTS),
  ];
  const audit = [
    ...[...AUDIT_STATEMENTS, ...CONTROL_AUDIT_STATEMENTS].map((sql) => makeStatementPruning(database, sql)),
    makeOrderedPruning(database, HISTORY),
  ];
  return (before, limit) => {
    let deleted = 0;
    for (const [parts, instant] of [
      [events, before.events],
      [audit, before.audit],
    ] as const) {
      for (const prune of parts) {
        if (deleted < limit) deleted += prune(instant, limit - deleted);
      }
    }
    database.pragma(`incremental_vacuum(${deleted === 0 ? LAST_PAGES : deleted * PAGES_PER_ROW})`);
    return deleted;
  };
}

function makeStatementPruning(database: Database.Database, sql: string): PruneOlder {
  const statement = database.prepare(sql);
  return (before, limit) => statement.run({ before, limit }).changes;
}
