import type { CorrectionState } from '../../domain/correction.ts';
import type { Instant } from '../../domain/instant.ts';
import type { DeliveryStore, DueCorrection } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { QUEUED, UNSETTLED } from './correction-indexes.ts';
import { ENDED_HOLD } from './holds.ts';
import { fromRow, type Row } from './nullable.ts';

type DeliveryQueue = Omit<DeliveryStore, 'beginAttempt' | 'finishAttempt'>;

type Plain = Omit<DueCorrection, 'madeBeforeHold'>;
type DueRow = Row<Plain> & { readonly madeBeforeHold: 0 | 1 };

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

/** Whether the correction `c`, which waits to be sent, taken back or asked about, may be so at `:now`. */
export const MAY_BEGIN = `${isDue('c')} AND NOT EXISTS (${PAUSED})
  AND NOT EXISTS (SELECT 1 FROM corrections u
    WHERE u.agent_no = c.agent_no AND u.status IN ('sending', 'taking_back'))
  AND NOT ${isOverTakeBack('c')}`;

/** What is to be sent, taken back or asked about, and when. */
export function deliveryQueue({ database, ...connection }: Connection): DeliveryQueue {
  // The first due one of each agent, in the order in which they were made.
  const selectDue = database.prepare(
    `SELECT ${DUE_COLUMNS}
     FROM corrections c INDEXED BY corrections_queue JOIN agents a ON a.agent_no = c.agent_no
     WHERE c.${QUEUED} AND ${MAY_BEGIN}
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
  const selectCounts = database
    .prepare('SELECT status, corrections FROM correction_counts WHERE corrections > 0')
    .raw();

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
    countCorrections: async () =>
      connection.read(() => Object.fromEntries(selectCounts.all() as [CorrectionState, number][])),
  };
}

function toDue({ madeBeforeHold, ...plain }: DueRow): DueCorrection {
  return { ...fromRow<Plain>(plain), madeBeforeHold: madeBeforeHold === 1 };
}
