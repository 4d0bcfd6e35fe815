import type { Instant } from '../../domain/instant.ts';
import type { OperatingStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';

export type Prune = (before: Parameters<OperatingStore['pruneBatch']>[0], limit: number) => number;

const UNSETTLED = `('proposed', 'held', 'waiting', 'sending', 'unknown', 'take_back_waiting', 'taking_back',
  'take_back_unknown')`;

const SETTLED_RUNS = `SELECT run_id FROM runs r WHERE r.ended_at < :before AND r.status <> 'held' AND NOT EXISTS (
  SELECT 1 FROM corrections c WHERE c.run_id = r.run_id AND c.status IN ${UNSETTLED})`;

/** Nothing has moved since, neither the finding nor any of its corrections, and nothing is left to do. */
const SETTLED_FINDINGS = `SELECT finding_id FROM findings f
  WHERE f.changed_at < :before AND f.difference_to < :before
    AND f.status IN ('dismissed', 'corrected', 'resolved', 'failed') AND NOT EXISTS (
      SELECT 1 FROM corrections c WHERE c.finding_id = f.finding_id
        AND (c.status IN ${UNSETTLED} OR c.updated_at >= :before))`;

const SETTLED_CORRECTIONS = `SELECT correction_no FROM corrections WHERE finding_id IN (${SETTLED_FINDINGS})`;

/** What goes with the event log, children first. */
const EVENT_STATEMENTS = [
  `DELETE FROM run_errors WHERE (run_id, position) IN (
     SELECT run_id, position FROM run_errors WHERE run_id IN (${SETTLED_RUNS}) LIMIT :limit)`,
  `DELETE FROM skips WHERE (run_id, agent_no, start_at) IN (
     SELECT run_id, agent_no, start_at FROM skips WHERE run_id IN (${SETTLED_RUNS}) LIMIT :limit)`,
  `DELETE FROM runs WHERE run_id IN (${SETTLED_RUNS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM run_errors e WHERE e.run_id = runs.run_id)
     AND NOT EXISTS (SELECT 1 FROM skips s WHERE s.run_id = runs.run_id)`,
  `DELETE FROM attempts WHERE attempt_id IN (
     SELECT t.attempt_id FROM attempts t JOIN corrections c ON c.correction_no = t.correction_no
     WHERE t.ended_at < :before AND c.status NOT IN ${UNSETTLED} LIMIT :limit)`,
  // The latest slot of a job is where catching up starts.
  `DELETE FROM slots WHERE (job, slot_at) IN (
     SELECT job, slot_at FROM slots s WHERE slot_at < :before
       AND slot_at < (SELECT max(slot_at) FROM slots l WHERE l.job = s.job) LIMIT :limit)`,
];

/** What is kept for audits, children first; history after what it tells of. */
const AUDIT_STATEMENTS = [
  `DELETE FROM attempts WHERE attempt_id IN (
     SELECT attempt_id FROM attempts WHERE correction_no IN (${SETTLED_CORRECTIONS}) LIMIT :limit)`,
  `DELETE FROM corrections WHERE correction_no IN (${SETTLED_CORRECTIONS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.correction_no = corrections.correction_no)`,
  `DELETE FROM findings WHERE finding_id IN (${SETTLED_FINDINGS} LIMIT :limit)
     AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.finding_id = findings.finding_id)`,
  `DELETE FROM history WHERE sequence IN (
     SELECT sequence FROM history h WHERE h.at < :before AND CASE h.entity
       WHEN 'finding' THEN NOT EXISTS (SELECT 1 FROM findings f WHERE f.finding_id = h.entity_id)
       WHEN 'correction' THEN NOT EXISTS (SELECT 1 FROM corrections c WHERE c.correction_id = h.entity_id)
       ELSE NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_id = CAST(h.entity_id AS INTEGER)) END
     LIMIT :limit)`,
];

/** Deletes in small batches, so that nothing else waits long, and gives the freed pages back to the disk. */
export function makePruning({ database }: Connection): Prune {
  const pruneTransitions = makeTransitionPruning(database);
  const events = EVENT_STATEMENTS.map((sql) => database.prepare(sql));
  const audit = AUDIT_STATEMENTS.map((sql) => database.prepare(sql));
  return (before, limit) => {
    let deleted = pruneTransitions(before.events, limit);
    for (const [statements, instant] of [
      [events, before.events],
      [audit, before.audit],
    ] as const) {
      for (const statement of statements) {
        if (deleted < limit) deleted += statement.run({ before: instant, limit: limit - deleted }).changes;
      }
    }
    // A deleted row frees less than a page.
    if (deleted > 0) database.pragma(`incremental_vacuum(${deleted})`);
    return deleted;
  };
}

/** An agent's last transition before the instant stays: it says which state the agent was in from then on. */
function makeTransitionPruning(database: Connection['database']) {
  // Agents before it have nothing left to delete in this round.
  let reachedAgentNo = 0;
  const nextAgent = database.prepare(
    `SELECT a.agent_no AS agentNo, carry.at AS carryAt FROM agents a
     JOIN (SELECT a2.agent_no, (SELECT max(t.at) FROM transitions t
             WHERE t.agent_no = a2.agent_no AND t.at < :before) AS at FROM agents a2) AS carry
       ON carry.agent_no = a.agent_no
     WHERE a.agent_no >= :reached
       AND EXISTS (SELECT 1 FROM transitions t WHERE t.agent_no = a.agent_no AND t.at < carry.at)
     ORDER BY a.agent_no LIMIT 1`,
  );
  const remove = database.prepare(
    `DELETE FROM transitions WHERE agent_no = :agentNo AND (at, state_no) IN (
       SELECT at, state_no FROM transitions WHERE agent_no = :agentNo AND at < :carryAt ORDER BY at LIMIT :limit)`,
  );
  return (before: Instant, limit: number): number => {
    let deleted = 0;
    while (deleted < limit) {
      const next = nextAgent.get({ before, reached: reachedAgentNo }) as
        | { agentNo: number; carryAt: Instant }
        | undefined;
      if (next === undefined) {
        if (reachedAgentNo === 0) break;
        reachedAgentNo = 0;
        if (deleted > 0) break;
        continue;
      }
      deleted += remove.run({ ...next, limit: limit - deleted }).changes;
      reachedAgentNo = next.agentNo;
    }
    return deleted;
  };
}
