import type { CorrectionState } from '../../domain/correction.ts';
import type { DriftCursor, DriftRow, FindingFilter, FindingReader } from '../../usecases/ports.ts';
import { cachedStatements } from './cached-statements.ts';
import type { Connection } from './connection.ts';

/** From worst to best (surface.md, Files); a take-back that is not settled counts as what the vendor has now. */
const SHOWN_STATES = [
  'refused',
  'unknown',
  'held',
  'waiting',
  'sending',
  'delivered',
  'withdrawn',
  'taken_back',
] as const satisfies readonly CorrectionState[];

const SHOWN_AS: Readonly<Record<CorrectionState, (typeof SHOWN_STATES)[number]>> = {
  refused: 'refused',
  unknown: 'unknown',
  take_back_unknown: 'unknown',
  held: 'held',
  proposed: 'waiting',
  waiting: 'waiting',
  sending: 'sending',
  delivered: 'delivered',
  take_back_waiting: 'delivered',
  taking_back: 'delivered',
  withdrawn: 'withdrawn',
  taken_back: 'taken_back',
};

const RANK = `CASE status ${Object.entries(SHOWN_AS)
  .map(([state, shown]) => `WHEN '${state}' THEN ${SHOWN_STATES.indexOf(shown)}`)
  .join(' ')} END`;

/** Room for the rank beside the count: one look at the corrections of a finding gives both. */
const RANKS = 16;

/** The order is that of `DriftRow`'s mapping below. */
export const DRIFT_COLUMNS = `f.finding_id, f.user_id, a.name, a.team, a.time_zone, f.kind, f.status, f.logged_state,
  f.reported_state, f.logged_at, f.reported_at, f.drift_ms, f.difference_from, f.difference_to, f.difference_ms,
  f.shift_id, f.shift_edge, f.shift_edge_at, f.shift_offset_ms, f.reviewed_by, f.review_note, f.run_id,
  f.detected_at,
  (SELECT count(*) * ${RANKS} + coalesce(min(${RANK}), 0) FROM corrections c
   WHERE c.finding_id = f.finding_id) AS corrections`;

export interface Query {
  readonly where: string;
  readonly values: readonly (string | number)[];
}

/** Pages of the drift CSV, each read to its end at once: no cursor stays open and keeps the log from shrinking. */
export function findingReader({ database, ...connection }: Connection): FindingReader {
  const prepared = cachedStatements(database);
  return {
    driftPage: async (filter, limit, after) =>
      connection.read(() => {
        const { where, values } = queryOf(filter, after);
        const select = prepared(
          `SELECT ${DRIFT_COLUMNS} FROM findings f JOIN agents a ON a.agent_no = f.agent_no WHERE ${where}
           ORDER BY f.difference_from, f.user_id, f.finding_id LIMIT ?`,
        );
        return (select.all(...values, limit) as DriftColumns[]).map(toDriftRow);
      }),
  };
}

/** Lists are bound as one JSON value, so that there are few different statements. */
export function queryOf(filter: FindingFilter, after: DriftCursor | undefined): Query {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  function add(part: string, ...bound: (string | number)[]): void {
    parts.push(part);
    values.push(...bound);
  }
  if (after !== undefined) {
    add(
      '(f.difference_from, f.user_id, f.finding_id) > (?, ?, ?)',
      after.differenceFrom,
      after.userId,
      after.findingId,
    );
  }
  // Of an instant both ends are one: it lies in the range if it is at or after its start.
  const { from, to, runId } = filter;
  if (from !== undefined) add('(f.difference_to > ? OR f.difference_from >= ?)', from, from);
  if (to !== undefined) add('f.difference_from < ?', to);
  if (runId !== undefined) add('f.run_id = ?', runId);
  for (const [column, list] of [
    ['f.kind', filter.kinds],
    ['f.user_id', filter.userIds],
    ['a.team', filter.teams],
    ['f.status', filter.statuses],
  ] as const) {
    if (list !== undefined) add(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(list));
  }
  if (filter.statuses === undefined) add(`f.status <> 'resolved'`);
  return { where: parts.join(' AND '), values };
}

type Text = string | null;
type Int = number | null;
export type DriftColumns = readonly [
  findingId: string,
  userId: string,
  agentName: Text,
  team: Text,
  timeZone: Text,
  kind: DriftRow['kind'],
  status: DriftRow['status'],
  loggedState: Text,
  reportedState: Text,
  loggedAt: Int,
  reportedAt: Int,
  driftMs: Int,
  differenceFrom: number,
  differenceTo: number,
  differenceMs: number,
  shiftId: Text,
  shiftEdge: 'start' | 'end' | null,
  shiftEdgeAt: Int,
  shiftOffsetMs: Int,
  reviewedBy: Text,
  reviewNote: Text,
  runId: number,
  detectedAt: number,
  corrections: number,
];

/** Rows come as arrays: at a million of them, objects with names would be made twice. */
export function toDriftRow(row: DriftColumns): DriftRow {
  const corrections = row[23];
  return {
    findingId: row[0],
    userId: row[1],
    agentName: row[2] ?? undefined,
    team: row[3] ?? undefined,
    timeZone: row[4] ?? undefined,
    kind: row[5],
    status: row[6],
    loggedState: row[7] ?? undefined,
    reportedState: row[8] ?? undefined,
    loggedAt: row[9] ?? undefined,
    reportedAt: row[10] ?? undefined,
    driftMs: row[11] ?? undefined,
    differenceFrom: row[12],
    differenceTo: row[13],
    differenceMs: row[14],
    shiftId: row[15] ?? undefined,
    shiftEdge: row[16] ?? undefined,
    shiftEdgeAt: row[17] ?? undefined,
    shiftOffsetMs: row[18] ?? undefined,
    correctionCount: Math.floor(corrections / RANKS),
    correctionStatus: corrections === 0 ? undefined : SHOWN_STATES[corrections % RANKS],
    reviewedBy: row[19] ?? undefined,
    reviewNote: row[20] ?? undefined,
    runId: row[21],
    detectedAt: row[22],
  };
}
