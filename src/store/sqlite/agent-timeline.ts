import type { Instant, Interval } from '../../domain/instant.ts';
import type { Shift } from '../../domain/shift.ts';
import type { TransitionSource } from '../../domain/transition.ts';
import type { AgentTimeline, TimelineLogEntry, WebStore } from '../../usecases/web-ports.ts';
import { makeOverview } from './agent-pages.ts';
import type { Connection } from './connection.ts';
import { DRIFT_COLUMNS, type DriftColumns, toDriftRow } from './drift.ts';
import { toPieces } from './finding-rows.ts';
import { fromRow, type Row } from './nullable.ts';
import { makeReportWindows } from './report-windows.ts';

interface LogRow {
  readonly at: Instant;
  readonly stateNo: number;
  readonly receivedAt: Instant;
  readonly sequence: number;
  readonly told: number;
  readonly confirmedUntil: Instant | null;
  readonly absentAt: Instant | null;
  readonly source: TransitionSource;
  readonly sessionId: string | null;
}

type Correction = AgentTimeline['corrections'][number];

/** All that is known of an agent over a stretch of time, read at one instant. */
export function agentTimelines({
  database,
  numbers,
  ...connection
}: Connection): Pick<WebStore, 'agentTimeline'> {
  const overviewOf = makeOverview(database);
  const reports = makeReportWindows(database, numbers);
  const selectLog = database.prepare(
    `SELECT at, state_no AS stateNo, received_at AS receivedAt, sequence, told, confirmed_until AS confirmedUntil,
       absent_at AS absentAt, source, session_id AS sessionId FROM transitions
     WHERE agent_no = :agentNo AND at < :end
       AND at >= coalesce((SELECT max(at) FROM transitions WHERE agent_no = :agentNo AND at < :start), :start)
     ORDER BY at, received_at, sequence`,
  );
  const selectShifts = database.prepare(
    `SELECT shift_id AS id, start_at AS start, end_at AS end, time_zone AS timeZone, activities FROM shifts
     WHERE agent_no = :agentNo AND start_at < :end AND end_at > :start ORDER BY start_at, shift_id`,
  );
  const selectFindings = database
    .prepare(
      `SELECT f.pieces, ${DRIFT_COLUMNS} FROM findings f JOIN agents a ON a.agent_no = f.agent_no
       WHERE f.agent_no = :agentNo AND f.difference_to >= :start AND f.difference_from < :end
       ORDER BY f.difference_from, f.finding_id`,
    )
    .raw();
  const selectCorrections = database.prepare(
    `SELECT c.correction_id AS correctionId, a.user_id AS userId, c.finding_id AS findingId, c.start_at AS start,
       c.end_at AS end, c.state, c.idempotency_key AS key, c.body, c.status, c.vendor_id AS vendorId,
       c.updated_at AS updatedAt
     FROM corrections c JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.agent_no = :agentNo AND c.end_at > :start AND c.start_at < :end ORDER BY c.start_at, c.correction_id`,
  );

  function read(userId: string, { start, end }: Interval): AgentTimeline | undefined {
    const agent = overviewOf(userId);
    const agentNo = numbers.findAgent(userId);
    if (agent === undefined || agentNo === undefined) return undefined;
    const range = { agentNo, start, end };
    const { pieces, seen } = reports.read(agentNo, range);
    return {
      agent,
      log: (selectLog.all(range) as LogRow[]).map(toLogEntry),
      report: pieces,
      reportSeen: seen,
      shifts: (selectShifts.all(range) as (Omit<Shift, 'activities'> & { activities: string })[]).map(
        (row) => ({
          ...row,
          activities: JSON.parse(row.activities) as Shift['activities'],
        }),
      ),
      findings: (selectFindings.all(range) as [string, ...DriftColumns][]).map(([pieces, ...columns]) => ({
        ...toDriftRow(columns),
        pieces: toPieces(pieces),
      })),
      corrections: (selectCorrections.all(range) as Row<Correction>[]).map(fromRow<Correction>),
    };
  }

  function toLogEntry({
    stateNo,
    told,
    confirmedUntil,
    absentAt,
    sessionId,
    ...row
  }: LogRow): TimelineLogEntry {
    return {
      ...row,
      state: numbers.nameOfState(stateNo),
      told: told === 1,
      confirmedUntil: confirmedUntil ?? undefined,
      absentAt: absentAt ?? undefined,
      sessionId: sessionId ?? undefined,
    };
  }

  return {
    agentTimeline: async (userId, range) => connection.read(() => read(userId, range)),
  };
}
