import { CORRECTION_STATES, type CorrectionState, holdsTime } from '../../domain/correction.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AttemptResult, DeliveryStore, DueCorrection, Lease } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { QUEUED, UNSETTLED } from './correction-indexes.ts';
import { ENDED_HOLD } from './holds.ts';
import { fromRow, type Row } from './nullable.ts';
import { makeReopening } from './reopening.ts';
import type { CorrectionRow, Reason, Steps } from './steps.ts';

type Plain = Omit<DueCorrection, 'madeBeforeHold'>;
type DueRow = Row<Plain> & { readonly madeBeforeHold: 0 | 1 };

/** In which state a correction is under way, by the state in which it waits for that. */
const UNDER_WAY: Readonly<Partial<Record<CorrectionState, CorrectionState>>> = {
  waiting: 'sending',
  unknown: 'sending',
  take_back_waiting: 'taking_back',
  take_back_unknown: 'taking_back',
};

/** From our own closed list, never from outside. */
const UNDELIVERED = CORRECTION_STATES.filter((state) => holdsTime(state) && state !== 'delivered')
  .map((state) => `'${state}'`)
  .join(', ');

const SENDABLE = `status IN ('waiting', 'unknown')`;
/** The vendor asked for quiet (429), and not of one correction only. */
const PAUSED = `SELECT 1 FROM meta WHERE key = 'deliveries_not_before' AND value > :now`;

const DUE_COLUMNS = `a.user_id AS userId, c.start_at AS start, c.end_at AS end, c.state, c.correction_id AS correctionId,
       c.idempotency_key AS key, c.body, c.status, c.vendor_id AS vendorId, c.first_sent_at AS firstSentAt,
       c.attempts, (SELECT max(started_at) FROM attempts t WHERE t.correction_no = c.correction_no) AS lastAttemptAt,
       c.last_fence AS lastAttemptFence, c.after_hold < ${ENDED_HOLD} AS madeBeforeHold`;

function isDue(row: string): string {
  return `(${row}.not_before IS NULL OR ${row}.not_before <= :now)`;
}

/** Whether something is being taken back from time that `row` is to be sent for: nothing may go over it meanwhile. */
function isOverTakeBack(row: string): string {
  return `(${row}.${SENDABLE} AND EXISTS (SELECT 1 FROM corrections t
    WHERE t.agent_no = ${row}.agent_no AND t.end_at > ${row}.start_at AND t.start_at < ${row}.end_at
      AND t.status IN ('take_back_waiting', 'taking_back', 'take_back_unknown')))`;
}

/** Sending, step by step, each committed before the next byte leaves. */
export function deliveryStore(connection: Connection, steps: Steps): DeliveryStore {
  const { database } = connection;
  const reopening = makeReopening(database);
  // The first due one of each agent, in the order in which they were made.
  const selectDue = database.prepare(
    `SELECT ${DUE_COLUMNS}
     FROM corrections c INDEXED BY corrections_queue JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.${QUEUED} AND ${isDue('c')} AND NOT EXISTS (${PAUSED})
       AND NOT EXISTS (SELECT 1 FROM corrections u
         WHERE u.agent_no = c.agent_no AND u.status IN ('sending', 'taking_back'))
       AND NOT ${isOverTakeBack('c')}
       AND NOT EXISTS (SELECT 1 FROM corrections e
         WHERE e.agent_no = c.agent_no AND e.correction_no < c.correction_no AND e.${QUEUED} AND ${isDue('e')}
           AND NOT ${isOverTakeBack('e')})
     ORDER BY c.correction_no LIMIT :limit`,
  );
  const selectNextDueAt = database
    .prepare(
      `SELECT min(due_at) FROM (
         SELECT max(coalesce(not_before, 0),
             coalesce((SELECT value FROM meta WHERE key = 'deliveries_not_before'), 0)) AS due_at
         FROM corrections INDEXED BY corrections_queue WHERE ${QUEUED})
       WHERE due_at > ?`,
    )
    .pluck();
  const selectUndecided = database.prepare(
    `SELECT ${DUE_COLUMNS}
     FROM corrections c INDEXED BY corrections_unsettled JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.${UNSETTLED} AND c.status IN ('waiting', 'unknown', 'held')
       AND c.correction_no > coalesce((SELECT correction_no FROM corrections WHERE correction_id = :after), 0)
     ORDER BY c.correction_no LIMIT :limit`,
  );
  const selectUnasked = database.prepare(
    `SELECT ${DUE_COLUMNS}
     FROM corrections c INDEXED BY corrections_unsettled JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.${UNSETTLED} AND c.status IN ('proposed', 'held', 'waiting')
       AND (c.after_hold < ${ENDED_HOLD} OR EXISTS (SELECT 1 FROM holds WHERE left_at IS NULL))
       AND c.correction_no > coalesce((SELECT correction_no FROM corrections WHERE correction_id = :after), 0)
     ORDER BY c.correction_no LIMIT :limit`,
  );
  const noteAsked = database.prepare(
    `UPDATE corrections SET after_hold = ${ENDED_HOLD} WHERE correction_id = ?`,
  );
  const blocked = database
    .prepare(
      `SELECT 1 FROM corrections c WHERE c.correction_no = :correctionNo AND (NOT ${isDue('c')}
         OR EXISTS (${PAUSED})
         OR EXISTS (SELECT 1 FROM corrections u
           WHERE u.agent_no = c.agent_no AND u.status IN ('sending', 'taking_back'))
         OR ${isOverTakeBack('c')})`,
    )
    .pluck();
  const startSending = database.prepare(
    `UPDATE corrections SET attempts = attempts + 1, first_sent_at = coalesce(first_sent_at, :now),
       last_fence = :fence, after_hold = ${ENDED_HOLD} WHERE correction_no = :correctionNo`,
  );
  const insertAttempt = database.prepare(
    'INSERT INTO attempts (correction_no, fence, started_at) VALUES (?, ?, ?)',
  );
  const endAttempt = database.prepare(
    `UPDATE attempts SET ended_at = :now, answer = :answer, vendor_id = :vendorId
     WHERE attempt_id = :attemptId AND correction_no = :correctionNo AND ended_at IS NULL`,
  );
  const noteAnswer = database.prepare(
    `UPDATE corrections SET vendor_id = coalesce(:vendorId, vendor_id), last_reason = :answer,
       found_at = CASE WHEN first_sent_at IS NULL AND :vendorId IS NOT NULL THEN coalesce(found_at, :now)
         ELSE found_at END
     WHERE correction_no = :correctionNo`,
  );
  const wait = database.prepare(
    'UPDATE corrections SET not_before = :notBefore WHERE correction_no = :correctionNo',
  );
  const pause = database.prepare(
    `INSERT INTO meta (key, value) VALUES ('deliveries_not_before', :notBefore)
     ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`,
  );
  const selectStart = database.prepare('SELECT start_at FROM corrections WHERE correction_no = ?').pluck();
  const wasTriedBefore = database
    .prepare('SELECT 1 FROM attempts WHERE correction_no = ? AND fence < ? LIMIT 1')
    .pluck();
  const selectCounts = database
    .prepare('SELECT status, corrections FROM correction_counts WHERE corrections > 0')
    .raw();
  const hasUndelivered = database
    .prepare(`SELECT 1 FROM corrections WHERE finding_id = ? AND status IN (${UNDELIVERED}) LIMIT 1`)
    .pluck();

  function begin(lease: Lease, correctionId: string, now: Instant): number | undefined {
    const row = steps.findCorrection(correctionId);
    const to = row && UNDER_WAY[row.status];
    if (row === undefined || to === undefined) return undefined;
    const { correctionNo } = row;
    if (blocked.get({ correctionNo, now }) !== undefined) return undefined;
    startSending.run({ correctionNo, now, fence: lease.fence });
    const why = to === 'sending' ? 'sent to the vendor' : 'the vendor is asked to take it back';
    steps.moveCorrection(row, to, { actor: lease.owner, now, why });
    return Number(insertAttempt.run(correctionNo, lease.fence, now).lastInsertRowid);
  }

  function finish(lease: Lease, result: AttemptResult, now: Instant): void {
    const row = steps.findCorrection(result.correctionId);
    if (row === undefined) throw new Error(`There is no correction ${result.correctionId}.`);
    const { attemptId, answer, vendorId = null, notBefore = null, state } = result;
    const { correctionNo } = row;
    const isUnderWay = row.status === 'sending' || row.status === 'taking_back';
    if (isUnderWay !== (attemptId !== undefined)) {
      throw new Error(`The correction ${result.correctionId} is ${row.status}: its attempt does not fit.`);
    }
    if (
      attemptId !== undefined &&
      endAttempt.run({ attemptId, correctionNo, now, answer, vendorId }).changes !== 1
    ) {
      throw new Error(`The attempt ${attemptId} of the correction ${result.correctionId} is not open.`);
    }
    const reason = { actor: lease.owner, now, why: answer };
    noteAnswer.run({ correctionNo, vendorId, answer, now });
    if (state !== row.status) steps.moveCorrection(row, state, reason);
    wait.run({ correctionNo, notBefore });
    if (result.delaysAll && notBefore !== null) pause.run({ notBefore });
    // A run that found it unknown could not ask to have it taken back, whatever it thought of it.
    const isLate = wasTriedBefore.get(correctionNo, lease.fence) !== undefined;
    const wasUnknown = state === 'delivered' && row.status !== 'taking_back' && isLate;
    if (state === 'taken_back' || wasUnknown) reopen(row, result.marginMs);
    settleFinding(row, state, reason);
  }

  /** The next run judges the correction's time again. */
  function reopen({ correctionNo, agentNo }: CorrectionRow, marginMs: number): void {
    reopening.from(agentNo, (selectStart.get(correctionNo) as Instant) - marginMs);
  }

  function settleFinding(row: CorrectionRow, state: CorrectionState, reason: Reason): void {
    const { findingId } = row;
    // What the vendor would not take, or keeps although it was asked to drop it, needs a person.
    const isRefused = state === 'refused' || (row.status === 'taking_back' && state === 'delivered');
    if (isRefused) {
      steps.moveFinding(findingId, ['open', 'approved', 'corrected'], 'failed', reason);
    } else if (state === 'delivered' && hasUndelivered.get(findingId) === undefined) {
      const why = 'all its corrections are delivered';
      steps.moveFinding(findingId, ['open', 'approved'], 'corrected', { ...reason, why });
    }
  }

  return {
    dueCorrections: async (now, limit) =>
      connection.read(() => (selectDue.all({ now, limit }) as DueRow[]).map(toDue)),
    nextDueAt: async (now) =>
      connection.read(() => (selectNextDueAt.get(now) as Instant | null) ?? undefined),
    undecidedCorrections: async (limit, after = '') =>
      connection.read(() => (selectUndecided.all({ limit, after }) as DueRow[]).map(toDue)),
    unaskedCorrections: async (limit, after = '') =>
      connection.read(() => (selectUnasked.all({ limit, after }) as DueRow[]).map(toDue)),
    noteAsked: async (lease, correctionIds) =>
      connection.write(() => {
        connection.requireLease(lease);
        for (const correctionId of correctionIds) noteAsked.run(correctionId);
      }),
    beginAttempt: async (lease, correctionId, now) => {
      connection.generation.raiseWhileSending(now);
      return connection.write(() => {
        connection.requireLease(lease);
        return begin(lease, correctionId, now);
      });
    },
    finishAttempt: async (lease, attempt, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        finish(lease, attempt, now);
      }),
    countCorrections: async () =>
      connection.read(() => Object.fromEntries(selectCounts.all() as [CorrectionState, number][])),
  };
}

function toDue({ madeBeforeHold, ...plain }: DueRow): DueCorrection {
  return { ...fromRow<Plain>(plain), madeBeforeHold: madeBeforeHold === 1 };
}
