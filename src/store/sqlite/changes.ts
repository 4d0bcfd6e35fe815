import { CHANGE_STEPS, type Change } from '../../domain/change.ts';
import type { Instant } from '../../domain/instant.ts';
import { isAbandoned, type Sending } from '../../domain/sending.ts';
import type { AuditEntry, ChangeStep, ChangeStore } from '../../usecases/control-port.ts';
import { NOTHING_BESIDE, type WriteAudit } from './audit-log.ts';
import { CHANGE_COLUMNS, type ChangeRow, toChange, toChangeRow } from './change-rows.ts';
import type { Connection } from './connection.ts';
import { ORPHANED, requireAudit, requireStep } from './step-table.ts';

/** As the partial index of an agent's open changes has it, word for word. */
const OPEN = `status IN ('queued', 'applying')`;

/** Whether another change of the row's agent is under way. */
const IS_BLOCKED = `EXISTS (SELECT 1 FROM changes u WHERE u.user_id = c.user_id AND u.status = 'applying')`;
const IS_FIRST = `NOT EXISTS (SELECT 1 FROM changes e INDEXED BY changes_of_agent
  WHERE e.user_id = c.user_id AND e.${OPEN} AND e.status = 'queued' AND e.change_no < c.change_no)`;

/** Requested changes: one queue per agent, and each step committed before the next byte leaves. */
export function changeStore(connection: Connection, audit: WriteAudit): ChangeStore {
  const { database } = connection;
  const insert = database.prepare(
    `INSERT INTO changes (change_id, user_id, state, skill_groups, routing_groups, reason, with_presence, requested_by,
       requested_at, deadline_at, status, baseline_state, baseline_at, waiting_for, sendings, unanswered_at,
       superseded_by, updated_at, why, changed_at)
     VALUES (:changeId, :userId, :state, :skillGroups, :routingGroups, :reason, :withPresence, :requestedBy,
       :requestedAt, :deadlineAt, :status, :baselineState, :baselineAt, :waitingFor, :sendings, :unansweredAt,
       :supersededBy, :updatedAt, :why, :now)`,
  );
  const supersede = database
    .prepare(
      `UPDATE changes INDEXED BY changes_of_agent SET status = 'superseded', why = :why, changed_at = :now
       WHERE user_id = :userId AND ${OPEN} AND status = 'queued' AND unanswered_at IS NULL RETURNING change_id`,
    )
    .pluck();
  const overtake = database.prepare(
    `UPDATE changes INDEXED BY changes_of_agent SET superseded_by = :changeId
     WHERE user_id = :userId AND ${OPEN} AND superseded_by IS NULL`,
  );
  const selectOne = database.prepare(`SELECT ${CHANGE_COLUMNS} FROM changes c WHERE change_id = ?`);
  const selectOpen = database.prepare(
    `SELECT ${CHANGE_COLUMNS} FROM changes c WHERE c.user_id = ? AND c.${OPEN} ORDER BY change_no`,
  );
  const selectDue = database.prepare(
    `SELECT ${CHANGE_COLUMNS} FROM changes c INDEXED BY changes_queue
     WHERE c.status = 'queued' AND NOT ${IS_BLOCKED} AND ${IS_FIRST}
       AND c.change_no > coalesce((SELECT change_no FROM changes WHERE change_id = :after), 0)
     ORDER BY c.change_no LIMIT :limit`,
  );
  const selectNext = database.prepare(
    `SELECT ${CHANGE_COLUMNS} FROM changes c INDEXED BY changes_of_agent
     WHERE c.user_id = ? AND c.${OPEN} AND c.status = 'queued' AND NOT ${IS_BLOCKED} ORDER BY c.change_no LIMIT 1`,
  );
  const begin = database.prepare(
    `UPDATE changes AS c SET status = 'applying', owner = :owner, sendings = sendings + 1, unanswered_at = :now,
       changed_at = max(changed_at, :now)
     WHERE c.change_id = :changeId AND c.status = 'queued' AND c.superseded_by IS NULL
       AND NOT ${IS_BLOCKED} AND ${IS_FIRST}`,
  );
  const update = database.prepare(
    `UPDATE changes SET status = :to, owner = NULL, waiting_for = coalesce(:waitingFor, waiting_for),
       baseline_state = coalesce(:baselineState, baseline_state), baseline_at = coalesce(:baselineAt, baseline_at),
       unanswered_at = CASE WHEN :isAnswered THEN NULL ELSE unanswered_at END,
       updated_at = coalesce(:updatedAt, updated_at), why = coalesce(:why, why),
       changed_at = max(changed_at, coalesce(:now, changed_at))
     WHERE change_id = :changeId AND status = :from`,
  );
  const renewBaselines = database.prepare(
    `UPDATE changes INDEXED BY changes_of_agent SET (baseline_state, baseline_at) =
       (SELECT a.state, a.updated_at FROM changes a WHERE a.change_id = :changeId)
     WHERE ${OPEN} AND status = 'queued' AND user_id = (SELECT user_id FROM changes WHERE change_id = :changeId)`,
  );
  const selectSending = database.prepare(
    `SELECT change_id AS changeId, user_id AS userId, owner, unanswered_at AS begunAt
     FROM changes INDEXED BY changes_applying WHERE status = 'applying' ORDER BY change_no`,
  );
  const requeue = database.prepare(
    `UPDATE changes SET status = 'queued', owner = NULL, changed_at = max(changed_at, :now)
     WHERE change_id = :changeId`,
  );

  function add(change: Change, isNewest: boolean, entry: AuditEntry): void {
    if (change.status !== 'queued') throw new Error(`The change ${change.changeId} does not begin queued.`);
    const { changeId, userId } = change;
    const why = `superseded by ${changeId}`;
    const older = isNewest ? (supersede.all({ userId, why, now: entry.at }) as string[]) : [];
    for (const subject of older) {
      const { at, actor } = entry;
      audit({ ...NOTHING_BESIDE, at, actor, event: 'status_superseded', userId, subject, why });
    }
    if (isNewest) overtake.run({ userId, changeId });
    insert.run({ ...toChangeRow(change), now: entry.at });
    audit(entry);
  }

  function step(
    changeId: string,
    from: Change['status'],
    to: ChangeStep,
    entry: AuditEntry | undefined,
  ): boolean {
    const isStep = to.status !== from || from !== 'queued';
    if (isStep) requireStep(`change ${changeId}`, LATER_STEPS, from, to.status);
    if (isStep) requireAudit(`change ${changeId}`, entry);
    const { changes } = update.run({
      changeId,
      from,
      to: to.status,
      waitingFor: to.waitingFor === undefined ? null : JSON.stringify(to.waitingFor),
      baselineState: to.baseline?.state ?? null,
      baselineAt: to.baseline?.updatedAt ?? null,
      isAnswered: to.answered === true || to.status === 'applied' ? 1 : 0,
      updatedAt: to.updatedAt ?? null,
      why: to.why ?? null,
      now: entry?.at ?? null,
    });
    if (changes === 0) return false;
    if (to.status === 'applied') renewBaselines.run({ changeId });
    if (entry !== undefined) audit(entry);
    return true;
  }

  function requeueOrphans(isGone: (owner: string) => boolean, now: Instant): number {
    const sending = selectSending.all() as SendingRow[];
    const orphans = sending.filter((row) => isAbandoned(row, isGone, now));
    for (const { changeId, userId } of orphans) {
      requeue.run({ changeId, now });
      const told = {
        at: now,
        actor: 'deferred',
        event: 'status_queued',
        userId,
        subject: changeId,
        why: ORPHANED,
      };
      audit({ ...NOTHING_BESIDE, ...told });
    }
    return orphans.length;
  }

  return {
    addChange: async (change, isNewest, entry) => connection.write(() => add(change, isNewest, entry)),
    readChange: async (changeId) =>
      connection.read(() => toChangeIfAny(selectOne.get(changeId) as ChangeRow | undefined)),
    openChanges: async (userId) =>
      connection.read(() => (selectOpen.all(userId) as ChangeRow[]).map(toChange)),
    dueChanges: async (limit, after = '') =>
      connection.read(() => (selectDue.all({ limit, after }) as ChangeRow[]).map(toChange)),
    nextChange: async (userId) =>
      connection.read(() => toChangeIfAny(selectNext.get(userId) as ChangeRow | undefined)),
    beginChange: async (changeId, owner, entry) => {
      connection.generation.raiseWhileSending(entry.at);
      return connection.write(() => {
        if (begin.run({ changeId, owner, now: entry.at }).changes === 0) return false;
        audit(entry);
        return true;
      });
    },
    stepChange: async (changeId, from, to, entry) => connection.write(() => step(changeId, from, to, entry)),
    requeueOrphans: async (isGone, now) => connection.write(() => requeueOrphans(isGone, now)),
  };
}

interface SendingRow extends Sending {
  readonly changeId: string;
  readonly userId: string;
}

/** Only `beginChange` says who sends. */
const LATER_STEPS = {
  ...CHANGE_STEPS,
  queued: CHANGE_STEPS.queued.filter((state) => state !== 'applying'),
};

function toChangeIfAny(row: ChangeRow | undefined): Change | undefined {
  return row && toChange(row);
}
