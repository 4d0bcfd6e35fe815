import type { StateAt } from '../../domain/change-rules.ts';
import type { LoggedStateStore } from '../../usecases/control-port.ts';
import type { Connection } from './connection.ts';

/** The event log as deciding about a change reads it. */
export function loggedStates({ database, ...connection }: Connection): LoggedStateStore {
  const entries = `SELECT s.name AS state, t.at FROM agents a
    CROSS JOIN transitions t ON t.agent_no = a.agent_no JOIN states s ON s.state_no = t.state_no
    WHERE a.user_id = :userId`;
  const selectLast = database.prepare(
    `${entries} ORDER BY t.at DESC, t.received_at DESC, t.sequence DESC LIMIT 1`,
  );
  const selectAfter = database.prepare(
    `${entries} AND t.at > :after ORDER BY t.at, t.received_at, t.sequence LIMIT :limit`,
  );
  return {
    lastLoggedState: async (userId) =>
      connection.read(() => selectLast.get({ userId }) as StateAt | undefined),
    loggedStatesAfter: async (userId, after, limit) =>
      connection.read(() => selectAfter.all({ userId, after, limit }) as StateAt[]),
  };
}
