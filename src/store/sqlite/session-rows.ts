import type Database from 'better-sqlite3';
import type { RegisteredSession } from '../../domain/registry.ts';
import { fromRow, type Row, toRow } from './nullable.ts';

type SessionRow = Row<RegisteredSession>;

/** The rows of the registry; to be used inside a transaction. */
export interface Sessions {
  find(sessionId: string): RegisteredSession | undefined;
  /** Those of an agent that have not ended, in order of session id. */
  openOf(userId: string): readonly RegisteredSession[];
  save(session: RegisteredSession): void;
}

const COLUMNS = `session_id AS sessionId, user_id AS userId, state, media_type AS mediaType, direction,
  skill_id AS skillId, acw_remaining_s AS acwRemainingSeconds, at, pushed_at AS pushedAt, polled_at AS polledAt,
  heard_at AS heardAt`;

export function makeSessions(database: Database.Database): Sessions {
  const select = database.prepare(`SELECT ${COLUMNS} FROM sessions WHERE session_id = ?`);
  const selectOpen = database.prepare(
    `SELECT ${COLUMNS} FROM sessions WHERE user_id = ? AND state <> 'ended' ORDER BY session_id`,
  );
  const replace = database.prepare(
    `INSERT OR REPLACE INTO sessions (session_id, user_id, state, media_type, direction, skill_id, acw_remaining_s, at,
       pushed_at, polled_at, heard_at)
     VALUES (:sessionId, :userId, :state, :mediaType, :direction, :skillId, :acwRemainingSeconds, :at, :pushedAt,
       :polledAt, :heardAt)`,
  );
  return {
    find: (sessionId) => {
      const row = select.get(sessionId) as SessionRow | undefined;
      return row && fromRow<RegisteredSession>(row);
    },
    openOf: (userId) => (selectOpen.all(userId) as SessionRow[]).map(fromRow<RegisteredSession>),
    save: (session) => {
      replace.run(toRow(session));
    },
  };
}
