import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import { CARRY_IN_ENTRIES } from './evidence-statements.ts';

/** Deletes at most `limit` rows that are older than `before`. @returns how many. */
export type PruneOlder = (before: Instant, limit: number) => number;

/** Where an agent's rows that may go end, in one table. */
interface AgentRows {
  readonly agentNo: number;
  readonly until: Instant;
}

/**
 * Old transitions, agent by agent, as the table is ordered. An agent's last ones before the instant stay: they say
 * which state the agent was in from then on, also when the very last are in states that are ignored.
 */
export function makeTransitionPruning(database: Database.Database): PruneOlder {
  return agentByAgent(
    database.prepare(
      `SELECT agent_no AS agentNo, until FROM (
         SELECT a.agent_no, (SELECT t.at FROM transitions t WHERE t.agent_no = a.agent_no AND t.at < :before
           ORDER BY t.at DESC LIMIT 1 OFFSET ${CARRY_IN_ENTRIES - 1}) AS until
         FROM agents a WHERE a.agent_no >= :reached)
       WHERE EXISTS (SELECT 1 FROM transitions t WHERE t.agent_no = agentNo AND t.at < until)
       ORDER BY agent_no LIMIT 1`,
    ),
    database.prepare(
      `DELETE FROM transitions WHERE agent_no = :agentNo AND (at, state_no) IN (
         SELECT at, state_no FROM transitions WHERE agent_no = :agentNo AND at < :until ORDER BY at LIMIT :limit)`,
    ),
  );
}

/** What the report showed in old windows. */
export function makeReportPruning(database: Database.Database): PruneOlder {
  return agentByAgent(
    database.prepare(
      `SELECT a.agent_no AS agentNo, :before AS until FROM agents a WHERE a.agent_no >= :reached
         AND EXISTS (SELECT 1 FROM report_windows w
           WHERE w.agent_no = a.agent_no AND w.from_at < :before AND w.to_at <= :before)
       ORDER BY a.agent_no LIMIT 1`,
    ),
    database.prepare(
      `DELETE FROM report_windows WHERE agent_no = :agentNo AND (from_at, to_at) IN (
         SELECT from_at, to_at FROM report_windows
         WHERE agent_no = :agentNo AND from_at < :until AND to_at <= :until LIMIT :limit)`,
    ),
  );
}

function agentByAgent(select: Database.Statement, remove: Database.Statement): PruneOlder {
  // Agents before it have nothing left to delete in this round.
  let reached = 0;
  return (before, limit) => {
    let deleted = 0;
    while (deleted < limit) {
      const next = select.get({ before, reached }) as AgentRows | undefined;
      if (next === undefined) {
        reached = 0;
        break;
      }
      deleted += remove.run({ ...next, limit: limit - deleted }).changes;
      reached = next.agentNo;
    }
    return deleted;
  };
}
