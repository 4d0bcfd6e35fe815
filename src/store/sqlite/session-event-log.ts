import type { WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';

/** Session events as they came; what they mean is for whoever reads them. */
export function sessionEventLog({
  database,
  ...connection
}: Connection): Pick<WebStore, 'recordSessionEvents'> {
  const insert = database.prepare(
    `INSERT INTO session_events (event_id, session_id, user_id, state, media_type, acw_remaining_s, at, received_at)
     VALUES (:eventId, :sessionId, :userId, :state, :mediaType, :acwRemainingSeconds, :at, :receivedAt)
     ON CONFLICT (event_id) DO NOTHING`,
  );
  return {
    recordSessionEvents: async (events) =>
      connection.write(() => {
        let stored = 0;
        for (const { acwRemainingSeconds = null, ...event } of events) {
          stored += insert.run({ ...event, acwRemainingSeconds }).changes;
        }
        return { stored, duplicates: events.length - stored };
      }),
  };
}
