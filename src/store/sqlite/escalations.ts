import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import type { DueEscalation, Escalation, EscalationStore } from '../../usecases/control-port.ts';
import type { WriteAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import { requireAudit } from './step-table.ts';

export type AddEscalation = (escalation: Escalation, at: Instant) => void;

/** Puts what is to be posted into the outbox; to be called in the transaction that it tells of. */
export function makeEscalations(database: Database.Database): AddEscalation {
  const insert = database.prepare(
    `INSERT INTO escalations (escalation_id, event, body, status, created_at)
     VALUES (:escalationId, :event, :body, 'waiting', :at)`,
  );
  return ({ escalationId, event, body }, at) => {
    insert.run({ escalationId, event, body, at });
  };
}

/** The outbox of what is posted to ADHERENCE_ESCALATION_URL. */
export function escalationStore({ database, ...connection }: Connection, audit: WriteAudit): EscalationStore {
  const selectDue = database.prepare(
    `SELECT escalation_id AS escalationId, event, body, created_at AS createdAt, attempts FROM escalations
     WHERE status = 'waiting' AND (not_before IS NULL OR not_before <= :now) ORDER BY escalation_no LIMIT :limit`,
  );
  const finish = database.prepare(
    `UPDATE escalations SET status = :status, not_before = :notBefore, attempts = attempts + 1
     WHERE escalation_id = :escalationId AND status = 'waiting'`,
  );
  return {
    dueEscalations: async (now, limit) =>
      connection.read(() => selectDue.all({ now, limit }) as DueEscalation[]),
    finishEscalation: async (escalationId, { notBefore, delivered }, entry) =>
      connection.write(() => {
        const isOver = notBefore === undefined;
        if (isOver) requireAudit(`escalation ${escalationId}`, entry);
        const end = delivered ? 'delivered' : 'given_up';
        const status = isOver ? end : 'waiting';
        const { changes } = finish.run({ escalationId, status, notBefore: notBefore ?? null });
        if (changes === 1 && entry !== undefined) audit(entry);
      }),
  };
}
