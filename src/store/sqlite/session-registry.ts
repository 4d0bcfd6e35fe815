import type { SessionDifference } from '../../domain/desync.ts';
import { hearPoll, missInPoll, type RegisteredSession } from '../../domain/registry.ts';
import type { Session } from '../../domain/session.ts';
import type { RegistryStore } from '../../usecases/control-port.ts';
import type { Connection } from './connection.ts';
import { makeSessions, type Sessions } from './session-rows.ts';

/** What is known of sessions, from polls; session-event-log.ts adds what is pushed. */
export function registryStore({ database, ...connection }: Connection): RegistryStore {
  const sessions = makeSessions(database);
  const selectAgents = database
    .prepare(
      `SELECT DISTINCT user_id FROM sessions WHERE state <> 'ended' AND user_id > :after
       ORDER BY user_id LIMIT :limit`,
    )
    .pluck();
  const selectTrouble = database.prepare('SELECT since FROM session_troubles WHERE user_id = ?').pluck();
  const enterTrouble = database.prepare(
    'INSERT INTO session_troubles (user_id, since) VALUES (:userId, :since) ON CONFLICT DO NOTHING',
  );
  const leaveTrouble = database.prepare('DELETE FROM session_troubles WHERE user_id = ?');
  const selectTroubled = database
    .prepare('SELECT user_id FROM session_troubles WHERE user_id > :after ORDER BY user_id LIMIT :limit')
    .pluck();

  return {
    knownSessions: async (userId) => connection.read(() => sessions.openOf(userId).map(toKnown)),
    knownSession: async (sessionId) =>
      connection.read(() => {
        const session = sessions.find(sessionId);
        return session && toKnown(session);
      }),
    recordSessions: async (polled) =>
      connection.write(() => {
        for (const { at, ...session } of polled) {
          const next = hearPoll(sessions.find(session.sessionId), session, at);
          if (next !== undefined) sessions.save(next);
        }
      }),
    alignSessions: async (userId, polled, observedAt) =>
      connection.write(() => [
        ...alignSeen(sessions, polled, observedAt),
        ...alignMissing(sessions, userId, polled, observedAt),
      ]),
    agentsWithSessions: async (limit, after = '') =>
      connection.read(() => selectAgents.all({ limit, after }) as string[]),
    markTrouble: async (userId, since) =>
      connection.write(() => {
        const before = (selectTrouble.get(userId) as number | undefined) ?? undefined;
        if (since === undefined) leaveTrouble.run(userId);
        else enterTrouble.run({ userId, since });
        return before;
      }),
    troubledAgents: async (limit, after = '') =>
      connection.read(() => selectTroubled.all({ limit, after }) as string[]),
  };
}

function alignSeen(
  sessions: Sessions,
  polled: readonly Session[],
  observedAt: number,
): readonly SessionDifference[] {
  return polled.flatMap((session) => {
    const { sessionId, userId, state } = session;
    const known = sessions.find(sessionId);
    const next = hearPoll(known, session, observedAt);
    if (next === undefined) return [];
    sessions.save(next);
    const registry = known?.userId === userId ? activeState(known) : undefined;
    const vendor = activeState({ state });
    return registry === vendor ? [] : [{ sessionId, registry, vendor }];
  });
}

function alignMissing(
  sessions: Sessions,
  userId: string,
  polled: readonly Session[],
  observedAt: number,
): readonly SessionDifference[] {
  const seen = new Set(polled.map(({ sessionId }) => sessionId));
  return sessions.openOf(userId).flatMap((known) => {
    if (seen.has(known.sessionId)) return [];
    const next = missInPoll(known, observedAt);
    if (next === undefined) return [];
    sessions.save(next);
    return [{ sessionId: known.sessionId, registry: known.state, vendor: undefined }];
  });
}

function activeState({ state }: Pick<Session, 'state'>): string | undefined {
  return state === 'ended' ? undefined : state;
}

function toKnown({ pushedAt: _, polledAt: __, heardAt: ___, ...known }: RegisteredSession) {
  return known;
}
