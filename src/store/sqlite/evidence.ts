import type { LedgerEntry } from '../../domain/correction.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import type { Shift } from '../../domain/shift.ts';
import type { LogEntry } from '../../domain/transition.ts';
import { rangeOf, type Window } from '../../domain/window.ts';
import type { Evidence, KnownShifts, RunStore, StoredFinding } from '../../usecases/ports.ts';
import { compare } from './compare.ts';
import type { Connection } from './connection.ts';
import { FINDING_COLUMNS, type FindingRow, toStoredFinding } from './finding-rows.ts';
import { LEDGER_COLUMNS, type LedgerRow, toLedger } from './ledger-rows.ts';

interface AgentRow {
  readonly version: number;
  readonly knownFrom: Instant | null;
  readonly knownTo: Instant;
  readonly fetchedAt: Instant;
}

/** Arrays cost half of what objects with names do; the log is what is read most. */
type LogRow = readonly [
  at: Instant,
  stateNo: number,
  receivedAt: Instant,
  sequence: number,
  told: number,
  confirmedUntil: Instant | null,
  absentAt: Instant | null,
];

interface ShiftRow extends Omit<Shift, 'activities'> {
  readonly activities: string;
}

/** How many entries before the range are read: the last of them may be in states that are ignored. */
export const CARRY_IN_ENTRIES = 5;

/**
 * What one agent's window is judged on, in one reading transaction over indexes of the agent. Rows are put in
 * order here: there are few, and the sorter that SQLite would set up costs more than the reading.
 */
export function evidenceReader({
  database,
  numbers,
  ...connection
}: Connection): Pick<RunStore, 'readEvidence'> {
  const selectAgent = database.prepare(
    `SELECT a.version, s.known_from AS knownFrom, s.known_to AS knownTo, s.fetched_at AS fetchedAt
     FROM agents a LEFT JOIN schedules s ON s.agent_no = a.agent_no WHERE a.agent_no = ?`,
  );
  // From some entries before the range to the first behind it, always with all rows of an instant.
  const selectLog = database
    .prepare(
      `SELECT at, state_no, received_at, sequence, told, confirmed_until, absent_at FROM transitions
       WHERE agent_no = ?
         AND at >= coalesce((SELECT min(at) FROM (SELECT at FROM transitions WHERE agent_no = ? AND at < ?
             ORDER BY at DESC LIMIT ${CARRY_IN_ENTRIES})), ?)
         AND at <= coalesce((SELECT min(at) FROM transitions WHERE agent_no = ? AND at >= ?), ?)
       ORDER BY at`,
    )
    .raw();
  const selectFindings = database.prepare(
    `SELECT ${FINDING_COLUMNS} FROM findings WHERE agent_no = ? AND difference_to >= ? AND difference_from < ?`,
  );
  const selectLedger = database.prepare(
    `SELECT ${LEDGER_COLUMNS} FROM corrections WHERE agent_no = ? AND end_at > ? AND start_at < ?`,
  );
  const selectShifts = database.prepare(
    `SELECT shift_id AS id, start_at AS start, end_at AS end, time_zone AS timeZone, activities FROM shifts
     WHERE agent_no = ? AND start_at < ? AND end_at > ? ORDER BY start_at`,
  );

  function logOf(agentNo: number, { start, end }: Interval): LogEntry[] {
    const rows = selectLog.all(agentNo, agentNo, start, start, agentNo, end, end) as LogRow[];
    return rows
      .map(([at, stateNo, receivedAt, sequence, told, confirmedUntil, absentAt]) => ({
        at,
        state: numbers.nameOfState(stateNo),
        receivedAt,
        sequence,
        told: told === 1,
        confirmedUntil: confirmedUntil ?? undefined,
        absentAt: absentAt ?? undefined,
      }))
      .sort((a, b) => a.at - b.at || a.receivedAt - b.receivedAt || a.sequence - b.sequence);
  }

  function findingsOf(agentNo: number, from: Instant, before: Instant): StoredFinding[] {
    return (selectFindings.all(agentNo, from, before) as FindingRow[])
      .map(toStoredFinding)
      .sort((a, b) => startOf(a) - startOf(b) || compare(a.findingId, b.findingId));
  }

  function ledgerOf(agentNo: number, { start, end }: Interval): LedgerEntry[] {
    return toLedger(selectLedger.all(agentNo, start, end) as LedgerRow[]);
  }

  function shiftsOf(agentNo: number, agent: AgentRow, { start, end }: Interval): KnownShifts | undefined {
    if (agent.knownFrom === null) return undefined;
    const rows = selectShifts.all(agentNo, end, start) as ShiftRow[];
    return {
      shifts: rows.map((row) => ({ ...row, activities: JSON.parse(row.activities) as Shift['activities'] })),
      known: { start: agent.knownFrom, end: agent.knownTo },
      fetchedAt: agent.fetchedAt,
    };
  }

  function read(userId: string, window: Window, marginMs: number): Evidence {
    const agentNo = numbers.findAgent(userId);
    if (agentNo === undefined) return { version: 0, log: [], findings: [], ledger: [], shifts: undefined };
    const agent = selectAgent.get(agentNo) as AgentRow;
    const range = rangeOf(window, marginMs);
    const log = logOf(agentNo, range);
    const findings = findingsOf(agentNo, range.start, range.end);
    const ledger = ledgerOf(agentNo, hullOf(range, findings));
    return { version: agent.version, log, findings, ledger, shifts: shiftsOf(agentNo, agent, range) };
  }

  return {
    readEvidence: async (userId, window, marginMs) => connection.read(() => read(userId, window, marginMs)),
  };
}

function startOf(finding: StoredFinding): Instant {
  return finding.pieces[0]?.start ?? finding.instant;
}

/** The range and the time of the findings, as one stretch. */
function hullOf(range: Interval, findings: readonly StoredFinding[]): Interval {
  let { start, end } = range;
  for (const { pieces } of findings) {
    start = Math.min(start, pieces[0]?.start ?? start);
    end = Math.max(end, pieces.at(-1)?.end ?? end);
  }
  return { start, end };
}
