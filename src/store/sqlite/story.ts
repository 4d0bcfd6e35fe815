import type { AttemptRecord, FindingStory, HistoryRow, ReviewStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { DRIFT_COLUMNS, type DriftColumns, toDriftRow } from './drift.ts';
import { fromEvidenceJson } from './evidence-json.ts';
import { FINDING_COLUMNS, type FindingRow, toStoredFinding } from './finding-rows.ts';
import { fromRow, type Row } from './nullable.ts';

type StoredCorrection = FindingStory['corrections'][number];
type Plain = Omit<StoredCorrection, 'takeBackAsked'>;
type CorrectionRow = Row<Plain> & { readonly takeBackAsked: 0 | 1 };

/** All that the ledger knows of one finding, read at one instant. */
export function storyReader({ database, ...connection }: Connection): Pick<ReviewStore, 'findingStory'> {
  const selectRow = database
    .prepare(
      `SELECT ${DRIFT_COLUMNS} FROM findings f JOIN agents a ON a.agent_no = f.agent_no WHERE f.finding_id = ?`,
    )
    .raw();
  const selectFinding = database.prepare(
    `SELECT ${FINDING_COLUMNS}, evidence FROM findings WHERE finding_id = ?`,
  );
  const selectCorrections = database.prepare(
    `SELECT a.user_id AS userId, c.start_at AS start, c.end_at AS end, c.state, c.correction_id AS correctionId,
       c.idempotency_key AS key, c.body, c.status, c.vendor_id AS vendorId,
       c.take_back_asked AS takeBackAsked, c.last_reason AS reason
     FROM corrections c JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.finding_id = ? ORDER BY c.start_at, c.correction_no`,
  );
  const selectAttempts = database.prepare(
    `SELECT c.correction_id AS correctionId, t.started_at AS startedAt, t.ended_at AS endedAt, t.answer,
       t.vendor_id AS vendorId
     FROM attempts t JOIN corrections c ON c.correction_no = t.correction_no
     WHERE c.finding_id = ? ORDER BY t.attempt_id`,
  );
  const selectHistory = database.prepare(
    `SELECT entity, entity_id AS entityId, at, actor, from_status AS "from", to_status AS "to", why FROM history
     WHERE (entity = 'finding' AND entity_id = :findingId)
       OR (entity = 'correction' AND entity_id IN (
         SELECT correction_id FROM corrections WHERE finding_id = :findingId))
     ORDER BY sequence`,
  );

  function read(findingId: string): FindingStory | undefined {
    const columns = selectRow.get(findingId) as DriftColumns | undefined;
    if (columns === undefined) return undefined;
    const stored = selectFinding.get(findingId) as FindingRow & { readonly evidence: string | null };
    return {
      row: toDriftRow(columns),
      finding: toStoredFinding(stored),
      evidence: stored.evidence === null ? undefined : fromEvidenceJson(stored.evidence),
      corrections: (selectCorrections.all(findingId) as CorrectionRow[]).map(toCorrection),
      attempts: (selectAttempts.all(findingId) as Row<AttemptRecord>[]).map(fromRow<AttemptRecord>),
      history: (selectHistory.all({ findingId }) as Row<HistoryRow>[]).map(fromRow<HistoryRow>),
    };
  }

  return { findingStory: async (findingId) => connection.read(() => read(findingId)) };
}

function toCorrection({ takeBackAsked, ...plain }: CorrectionRow): StoredCorrection {
  return { ...fromRow<Plain>(plain), takeBackAsked: takeBackAsked === 1 };
}
