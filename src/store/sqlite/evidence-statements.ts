import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import { FINDING_COLUMNS, type FindingRow } from './finding-rows.ts';
import { LEDGER_COLUMNS, type LedgerRow } from './ledger-rows.ts';

/** Whose rows are asked for, and of what range; nobody's where there is no such agent. */
export type Question = readonly [agentNo: number | null, start: Instant, end: Instant];

/** Every row begins with the place of its question. Rows without names cost half of what objects do. */
type AgentRow = readonly [
  asked: number,
  version: number,
  knownFrom: Instant | null,
  knownTo: Instant,
  fetchedAt: Instant,
];

export type LogRow = readonly [
  asked: number,
  at: Instant,
  stateNo: number,
  receivedAt: Instant,
  sequence: number,
  told: number,
  confirmedUntil: Instant | null,
  absentAt: Instant | null,
];

type ShiftRow = readonly [
  asked: number,
  id: string,
  start: Instant,
  end: Instant,
  timeZone: string,
  activities: string,
];

type Asked<Row> = Row & { readonly asked: number };

/** How many entries before the range are read: the last of them may be in states that are ignored. */
export const CARRY_IN_ENTRIES = 5;

const QUESTIONS = `WITH questions AS MATERIALIZED (
  SELECT key AS asked, value ->> 0 AS asked_no, value ->> 1 AS range_start, value ->> 2 AS range_end FROM json_each(?))`;

/**
 * Reads each table once for many agents, over indexes of the agent: a statement for each agent was measured to
 * cost four times as much, most of it for the call. CROSS JOIN keeps the questions outermost.
 */
export function evidenceStatements(database: Database.Database) {
  const selectAgents = database
    .prepare(
      `${QUESTIONS} SELECT asked, a.version, s.known_from, s.known_to, s.fetched_at
       FROM questions CROSS JOIN agents a ON a.agent_no = asked_no
       LEFT JOIN schedules s ON s.agent_no = a.agent_no`,
    )
    .raw();
  const selectFindings = database.prepare(
    `${QUESTIONS} SELECT asked, ${FINDING_COLUMNS} FROM questions CROSS JOIN findings
       ON agent_no = asked_no AND difference_to >= range_start AND difference_from < range_end`,
  );
  const selectLedger = database.prepare(
    `${QUESTIONS} SELECT asked, ${LEDGER_COLUMNS} FROM questions CROSS JOIN corrections
       ON agent_no = asked_no AND end_at > range_start AND start_at < range_end`,
  );
  const selectShifts = database
    .prepare(
      `${QUESTIONS} SELECT asked, shift_id, start_at, end_at, time_zone, activities
       FROM questions CROSS JOIN shifts ON agent_no = asked_no AND start_at <= range_end AND end_at >= range_start`,
    )
    .raw();
  return {
    agents: asking<AgentRow>(selectAgents),
    log: logReader(database),
    findings: asking<Asked<FindingRow>>(selectFindings),
    ledger: asking<Asked<LedgerRow>>(selectLedger),
    shifts: asking<ShiftRow>(selectShifts),
  };
}

/** Reads the log: from some entries before each range to the first behind it, always with all rows of an instant. */
export function logReader(database: Database.Database): (questions: readonly Question[]) => LogRow[] {
  const selectLog = database
    .prepare(
      `${QUESTIONS} SELECT asked, at, state_no, received_at, sequence, told, confirmed_until, absent_at
       FROM questions CROSS JOIN transitions ON agent_no = asked_no
         AND at >= coalesce((SELECT min(at) FROM (SELECT at FROM transitions
             WHERE agent_no = asked_no AND at < range_start ORDER BY at DESC LIMIT ${CARRY_IN_ENTRIES})), range_start)
         AND at <= coalesce((SELECT min(at) FROM transitions WHERE agent_no = asked_no AND at >= range_end), range_end)`,
    )
    .raw();
  return asking(selectLog);
}

function asking<Row>(statement: Database.Statement): (questions: readonly Question[]) => Row[] {
  return (questions) => statement.all(JSON.stringify(questions)) as Row[];
}
