import type Database from 'better-sqlite3';
import type { AuditEntry, AuditFilter, AuditRow, AuditStore } from '../../usecases/control-port.ts';
import type { Connection } from './connection.ts';
import { fromRow, type Row } from './nullable.ts';

export type WriteAudit = (entry: AuditEntry) => void;

/** For entries of the store's own, which neither read nor send. */
export const NOTHING_BESIDE = { read: undefined, sent: undefined, answer: undefined };

type Plain = Omit<AuditRow, 'read' | 'sent' | 'answer'>;

/** A row of the audit as it lies in its table. */
export interface StoredAudit extends Row<Plain> {
  readonly read: string | null;
  readonly sent: string | null;
  readonly answer: string | null;
}

/** For SELECT; the names are those of `StoredAudit`. */
export const AUDIT_COLUMNS =
  'sequence, at, actor, event, user_id AS userId, subject, why, read, sent, answer';

/** Adds rows to the append-only audit; to be called in the transaction that they tell of. */
export function makeAudit(database: Database.Database): WriteAudit {
  const insert = database.prepare(
    `INSERT INTO audit (at, actor, event, user_id, subject, why, read, sent, answer)
     VALUES (:at, :actor, :event, :userId, :subject, :why, :read, :sent, :answer)`,
  );
  return ({ at, actor, event, userId = null, subject = null, why, read, sent, answer }) => {
    insert.run({
      at,
      actor,
      event,
      userId,
      subject,
      why,
      read: asJson(read),
      sent: asJson(sent),
      answer: asJson(answer),
    });
  };
}

/** Pages of the audit in the order in which it was written, which a clock that is set back does not change. */
export function auditStore({ database, ...connection }: Connection): AuditStore {
  const write = makeAudit(database);
  const firstSince = database
    .prepare('SELECT min(sequence) FROM audit INDEXED BY audit_at WHERE at >= ?')
    .pluck();
  const select = (index: string, where: string) =>
    database.prepare(
      `SELECT ${AUDIT_COLUMNS} FROM audit ${index} WHERE sequence > :after AND at >= :from AND at < :to ${where}
       ORDER BY sequence LIMIT :limit`,
    );
  const selectAny = select('NOT INDEXED', '');
  const selectOfUser = select('INDEXED BY audit_of_agent', 'AND user_id = :userId');
  const selectOfEvent = select('INDEXED BY audit_of_event', 'AND event = :event');
  const selectOfBoth = select('INDEXED BY audit_of_agent', 'AND user_id = :userId AND event = :event');

  function statementOf({ userId, event }: AuditFilter): Database.Statement {
    if (userId === undefined) return event === undefined ? selectAny : selectOfEvent;
    return event === undefined ? selectOfUser : selectOfBoth;
  }

  /** Where the first page begins: not with all the years before `from`. */
  function startOf(from: number): number {
    const first = firstSince.get(from) as number | null;
    return first === null ? Number.MAX_SAFE_INTEGER : first - 1;
  }

  return {
    recordAudit: async (entries) =>
      connection.write(() => {
        for (const entry of entries) write(entry);
      }),
    auditPage: async (filter, limit, after) =>
      connection.read(() => {
        const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER, ...of } = filter;
        const start = after ?? (filter.from === undefined ? 0 : startOf(from));
        const rows = statementOf(filter).all({ ...of, from, to, after: start, limit });
        return (rows as StoredAudit[]).map(toAuditRow);
      }),
  };
}

function asJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function toAuditRow({ read, sent, answer, ...plain }: StoredAudit): AuditRow {
  return { ...fromRow<Plain>(plain), read: ofJson(read), sent: ofJson(sent), answer: ofJson(answer) };
}

function ofJson(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}
