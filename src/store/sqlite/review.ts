import type { Instant } from '../../domain/instant.ts';
import { byArrival } from '../../domain/log-timeline.ts';
import type {
  CorrectionWrite,
  Decision,
  DriftCursor,
  DriftRow,
  ReviewEvidence,
  ReviewStore,
  ReviewWrite,
} from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { makeCorrectionWriter } from './correction-writer.ts';
import { DRIFT_COLUMNS, type DriftColumns, toDriftRow } from './drift.ts';
import { toLogEntry } from './evidence.ts';
import { logReader } from './evidence-statements.ts';
import { FINDING_COLUMNS, type FindingRow, toStoredFinding } from './finding-rows.ts';
import { makeHistory } from './history.ts';
import { LEDGER_COLUMNS, type LedgerRow, toLedger } from './ledger-rows.ts';
import type { CorrectionRow, Reason, Steps } from './steps.ts';

type ReviewPart = Omit<ReviewStore, 'findingStory'>;

/** Findings that wait for a person, and what persons decide. */
export function reviewStore(connection: Connection, steps: Steps): ReviewPart {
  const { database } = connection;
  const readReview = makeReviewReader(connection);
  const history = makeHistory(database);
  const writeCorrection = makeCorrectionWriter(connection, history);
  const selectWaiting = database
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM corrections c
         WHERE c.finding_id = f.finding_id AND c.take_back_asked = 1), ${DRIFT_COLUMNS}
       FROM findings f JOIN agents a ON a.agent_no = f.agent_no
       WHERE f.status = 'in_review' AND (f.difference_from, f.user_id, f.finding_id) > (?, ?, ?)
       ORDER BY f.difference_from, f.user_id, f.finding_id LIMIT ?`,
    )
    .raw();
  const advance = database
    .prepare(
      `UPDATE agents SET version = version + 1 WHERE version = :version
         AND agent_no = (SELECT agent_no FROM findings WHERE finding_id = :findingId) RETURNING agent_no`,
    )
    .pluck();
  const noteReview = database.prepare(
    `UPDATE findings SET reviewed_by = :person, review_note = :note, reviewed_at = :at,
       reviewed_ms = :reviewedMs WHERE finding_id = :findingId`,
  );
  const selectStatus = database.prepare('SELECT status FROM findings WHERE finding_id = ?').pluck();
  // No lock is held for it: 0 is no fence.
  const insertRun = database.prepare(
    `INSERT INTO runs (status, trigger_name, fence, reopen_sequence, started_at, ended_at, corrections_made,
       corrections_waiting)
     VALUES ('done', 'review', 0, (SELECT value FROM meta WHERE key = 'reopen_sequence'), :at, :at, :made, :made)`,
  );

  /** A correction stands as the review's evidence had it, because the agent's version is still the same. */
  function findCorrection(correctionId: string): CorrectionRow {
    const row = steps.findCorrection(correctionId);
    if (row === undefined) throw new Error(`There is no correction ${correctionId}.`);
    return row;
  }

  function makeCorrections(agentNo: number, corrections: readonly CorrectionWrite[], reason: Reason): void {
    if (corrections.length === 0) return;
    const { actor, now: at, why } = reason;
    const runId = Number(insertRun.run({ at, made: corrections.length }).lastInsertRowid);
    history({ entity: 'run', entityId: String(runId), at, actor, from: null, to: 'done', why });
    for (const correction of corrections) {
      const correctionId = writeCorrection(agentNo, correction, { runId, actor, now: at });
      if (correctionId !== undefined) steps.moveCorrection(findCorrection(correctionId), 'waiting', reason);
    }
  }

  function commit(write: ReviewWrite, { person, note, at }: Decision): boolean {
    const { findingId, version, status, reviewedMs } = write;
    const agentNo = advance.get({ findingId, version }) as number | undefined;
    if (agentNo === undefined) return false;
    const reason = { actor: person, now: at, why: note ?? status };
    for (const id of write.withdrawals) steps.moveCorrection(findCorrection(id), 'withdrawn', reason);
    for (const id of write.takeBacks) steps.moveCorrection(findCorrection(id), 'take_back_waiting', reason);
    for (const id of write.keeps) steps.askTakeBack(id, false);
    makeCorrections(agentNo, write.corrections, reason);
    noteReview.run({ findingId, person, note: note ?? null, at, reviewedMs });
    steps.moveFinding(findingId, [selectStatus.get(findingId) as DriftRow['status']], status, reason);
    return true;
  }

  return {
    listReview: async (limit, after) =>
      connection.read(() => (selectWaiting.all(...cursorOf(after), limit) as WaitingRow[]).map(toWaiting)),
    readReview: async (findingId) => connection.read(() => readReview(findingId)),
    commitReview: async (write, decision) => connection.write(() => commit(write, decision)),
  };
}

type WaitingRow = readonly [takeBackAsked: 0 | 1, ...DriftColumns];

function toWaiting([takeBackAsked, ...columns]: WaitingRow): DriftRow & { takeBackAsked: boolean } {
  return { ...toDriftRow(columns), takeBackAsked: takeBackAsked === 1 };
}

/** Before the first row there is an instant that no finding has. */
function cursorOf(after: DriftCursor | undefined): [Instant, string, string] {
  return after === undefined
    ? [Number.MIN_SAFE_INTEGER, '', '']
    : [after.differenceFrom, after.userId, after.findingId];
}

type ReviewedRow = FindingRow & {
  readonly agentNo: number;
  readonly version: number;
  readonly differenceFrom: Instant;
  readonly differenceTo: Instant;
};

function makeReviewReader({ database, numbers }: Connection) {
  const selectFinding = database.prepare(
    `SELECT ${FINDING_COLUMNS}, f.agent_no AS agentNo, difference_from AS differenceFrom,
       difference_to AS differenceTo,
       (SELECT version FROM agents a WHERE a.agent_no = f.agent_no) AS version
     FROM findings f WHERE finding_id = ?`,
  );
  const selectLedger = database.prepare(
    `SELECT ${LEDGER_COLUMNS} FROM corrections WHERE agent_no = :agentNo
       AND end_at > :differenceFrom AND start_at < :differenceTo
     UNION SELECT ${LEDGER_COLUMNS} FROM corrections WHERE finding_id = :findingId`,
  );
  const readLog = logReader(database);
  return (findingId: string): ReviewEvidence | undefined => {
    const row = selectFinding.get(findingId) as ReviewedRow | undefined;
    if (row === undefined) return undefined;
    const { agentNo, version, differenceFrom, differenceTo } = row;
    const ledger = selectLedger.all({ agentNo, findingId, differenceFrom, differenceTo }) as LedgerRow[];
    const log = readLog([[agentNo, differenceFrom, differenceTo]]).map((entry) => toLogEntry(entry, numbers));
    return { finding: toStoredFinding(row), version, ledger: toLedger(ledger), log: log.sort(byArrival) };
  };
}
