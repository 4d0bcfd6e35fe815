import { CORRECTION_STATES, type CorrectionState, holdsTime } from '../../domain/correction.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AttemptResult, DeliveryStore, Lease } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { MAY_BEGIN } from './delivery-queue.ts';
import { ENDED_HOLD } from './holds.ts';
import { makeReopening } from './reopening.ts';
import type { CorrectionRow, Reason, Steps } from './steps.ts';

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

/** Sending, step by step, each committed before the next byte leaves. */
export function attemptStore(
  connection: Connection,
  steps: Steps,
): Pick<DeliveryStore, 'beginAttempt' | 'finishAttempt'> {
  const { database } = connection;
  const reopening = makeReopening(database);
  const mayBegin = database
    .prepare(`SELECT 1 FROM corrections c WHERE c.correction_no = :correctionNo AND ${MAY_BEGIN}`)
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
  const hasUndelivered = database
    .prepare(`SELECT 1 FROM corrections WHERE finding_id = ? AND status IN (${UNDELIVERED}) LIMIT 1`)
    .pluck();

  function begin(lease: Lease, correctionId: string, now: Instant): number | undefined {
    const row = steps.findCorrection(correctionId);
    const to = row && UNDER_WAY[row.status];
    if (row === undefined || to === undefined) return undefined;
    const { correctionNo } = row;
    if (mayBegin.get({ correctionNo, now }) === undefined) return undefined;
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
  };
}
