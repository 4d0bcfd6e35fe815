import type { LedgerEntry } from '../../domain/correction.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import type { Shift } from '../../domain/shift.ts';
import type { LogEntry } from '../../domain/transition.ts';
import { rangeOf, type Window } from '../../domain/window.ts';
import type { Evidence, KnownShifts, RunStore, StoredFinding } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { FINDING_COLUMNS, type FindingRow, toStoredFinding } from './finding-rows.ts';

interface AgentRow {
  readonly agentNo: number;
  readonly version: number;
  readonly knownFrom: Instant | null;
  readonly knownTo: Instant;
  readonly fetchedAt: Instant;
}

interface LogRow {
  readonly at: Instant;
  readonly stateNo: number;
  readonly sequence: number;
  readonly receivedAt: Instant;
  readonly told: number;
  readonly confirmedUntil: Instant | null;
  readonly absentAt: Instant | null;
}

interface ShiftRow extends Omit<Shift, 'activities'> {
  readonly activities: string;
}

/** What one agent's window is judged on, in one reading transaction over indexes of the agent. */
export function evidenceReader({
  database,
  numbers,
  ...connection
}: Connection): Pick<RunStore, 'readEvidence'> {
  const selectAgent = database.prepare(
    `SELECT a.agent_no AS agentNo, a.version, s.known_from AS knownFrom, s.known_to AS knownTo,
       s.fetched_at AS fetchedAt
     FROM agents a LEFT JOIN schedules s ON s.agent_no = a.agent_no WHERE a.user_id = ?`,
  );
  // The carry-in is the last instant before the range, with all of its rows: the comparison decides which counts.
  const selectLog = database.prepare(
    `SELECT at, state_no AS stateNo, sequence, received_at AS receivedAt, told,
       confirmed_until AS confirmedUntil, absent_at AS absentAt
     FROM transitions
     WHERE agent_no = :agentNo AND at < :end
       AND at >= coalesce((SELECT max(at) FROM transitions WHERE agent_no = :agentNo AND at < :start), :start)
     ORDER BY at, received_at, sequence`,
  );
  const selectFindings = database.prepare(
    `SELECT ${FINDING_COLUMNS} FROM findings
     WHERE agent_no = :agentNo AND difference_to >= :from AND difference_from < :before
     ORDER BY difference_from, finding_id`,
  );
  const selectLedger = database.prepare(
    `SELECT correction_id AS correctionId, finding_id AS findingId, start_at AS start, end_at AS end, state, status
     FROM corrections WHERE agent_no = :agentNo AND end_at > :start AND start_at < :end
     ORDER BY start_at, correction_no`,
  );
  const selectShifts = database.prepare(
    `SELECT shift_id AS id, start_at AS start, end_at AS end, time_zone AS timeZone, activities FROM shifts
     WHERE agent_no = :agentNo AND start_at < :end AND end_at > :start ORDER BY start_at, shift_id`,
  );

  function toLogEntry(row: LogRow): LogEntry {
    return {
      at: row.at,
      state: numbers.nameOfState(row.stateNo),
      receivedAt: row.receivedAt,
      sequence: row.sequence,
      told: row.told === 1,
      confirmedUntil: row.confirmedUntil ?? undefined,
      absentAt: row.absentAt ?? undefined,
    };
  }

  function shiftsOf(agent: AgentRow, { start, end }: Interval): KnownShifts | undefined {
    if (agent.knownFrom === null) return undefined;
    const rows = selectShifts.all({ agentNo: agent.agentNo, start, end }) as ShiftRow[];
    return {
      shifts: rows.map((row) => ({ ...row, activities: JSON.parse(row.activities) as Shift['activities'] })),
      known: { start: agent.knownFrom, end: agent.knownTo },
      fetchedAt: agent.fetchedAt,
    };
  }

  function read(userId: string, window: Window, marginMs: number): Evidence {
    const agent = selectAgent.get(userId) as AgentRow | undefined;
    if (agent === undefined) return { version: 0, log: [], findings: [], ledger: [], shifts: undefined };
    const { agentNo } = agent;
    const range = rangeOf(window, marginMs);
    const { start, end } = range;
    const log = (selectLog.all({ agentNo, start, end }) as LogRow[]).map(toLogEntry);
    const before = window.to + marginMs;
    const rows = selectFindings.all({ agentNo, from: window.from, before }) as FindingRow[];
    const findings = rows.map(toStoredFinding);
    const ledger = selectLedger.all({ agentNo, ...hullOf(range, findings) }) as LedgerEntry[];
    return { version: agent.version, log, findings, ledger, shifts: shiftsOf(agent, range) };
  }

  return {
    readEvidence: async (userId, window, marginMs) => connection.read(() => read(userId, window, marginMs)),
  };
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
