import { hearPush } from '../../domain/registry.ts';
import { sessionStateOf } from '../../domain/session.ts';
import type { SessionEvent, WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';
import { makeSessions } from './session-rows.ts';

/** Session events as they came, in the vendor's words, and what they change in the registry of sessions. */
export function sessionEventLog({
  database,
  ...connection
}: Connection): Pick<WebStore, 'recordSessionEvents'> {
  const sessions = makeSessions(database);
  const insert = database.prepare(
    `INSERT INTO session_events (event_id, session_id, user_id, state, media_type, acw_remaining_s, at, received_at)
     VALUES (:eventId, :sessionId, :userId, :state, :mediaType, :acwRemainingSeconds, :at, :receivedAt)
     ON CONFLICT (event_id) DO NOTHING`,
  );

  function register({
    sessionId,
    userId,
    mediaType,
    state,
    acwRemainingSeconds,
    ...event
  }: SessionEvent): void {
    const next = hearPush(sessions.find(sessionId), {
      session: {
        sessionId,
        userId,
        state: sessionStateOf(state),
        mediaType,
        direction: undefined,
        skillId: undefined,
        acwRemainingSeconds,
      },
      at: event.at,
      receivedAt: event.receivedAt,
    });
    if (next !== undefined) sessions.save(next);
  }

  return {
    recordSessionEvents: async (events) =>
      connection.write(() => {
        let stored = 0;
        for (const event of events) {
          const { acwRemainingSeconds = null } = event;
          if (insert.run({ ...event, acwRemainingSeconds }).changes === 0) continue;
          stored += 1;
          register(event);
        }
        return { stored, duplicates: events.length - stored };
      }),
  };
}
