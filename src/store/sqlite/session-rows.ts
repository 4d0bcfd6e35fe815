import type Database from 'better-sqlite3';
import type { RegisteredSession } from '../../domain/registry.ts';

type SessionRow = {
  readonly [Key in keyof RegisteredSession]: undefined extends RegisteredSession[Key]
    ? Exclude<RegisteredSession[Key], undefined> | null
    : RegisteredSession[Key];
};

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
      return row && toSession(row);
    },
    openOf: (userId) => (selectOpen.all(userId) as SessionRow[]).map(toSession),
    save: (session) => {
      replace.run(toRow(session));
    },
  };
}

function toSession(row: SessionRow): RegisteredSession {
  return {
    ...row,
    direction: row.direction ?? undefined,
    skillId: row.skillId ?? undefined,
    acwRemainingSeconds: row.acwRemainingSeconds ?? undefined,
    pushedAt: row.pushedAt ?? undefined,
    polledAt: row.polledAt ?? undefined,
  };
}

function toRow(session: RegisteredSession): SessionRow {
  return {
    ...session,
    direction: session.direction ?? null,
    skillId: session.skillId ?? null,
    acwRemainingSeconds: session.acwRemainingSeconds ?? null,
    pushedAt: session.pushedAt ?? null,
    polledAt: session.polledAt ?? null,
  };
}
