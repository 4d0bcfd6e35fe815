import type { Transition } from '../../domain/transition.ts';
import type { EventLogStore, RecordedCounts, ReopenRule } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import type { Numbers } from './numbers.ts';
import { makeObservations } from './observations.ts';
import { earlier, type LogChange, makeReopening, noChange } from './reopening.ts';
import { MANY, makeInserts, type NumberedTransition } from './transition-inserts.ts';

/** What `inStorageOrder` has room for beside the agent's number. */
const MAX_BATCH = 2 ** 20;

/** A batch of changes to the log, by agent number. */
export type LogChanges = Map<number, LogChange>;

export function changeOf(changes: LogChanges, agentNo: number): LogChange {
  const known = changes.get(agentNo);
  if (known !== undefined) return known;
  const change = noChange();
  changes.set(agentNo, change);
  return change;
}

export function eventLog(connection: Connection): EventLogStore {
  const { database, numbers } = connection;
  const reopening = makeReopening(database);
  const inserts = makeInserts(connection);
  const observe = makeObservations(connection, inserts.one);
  const byEventId = database.prepare('SELECT agent_no, at, state_no FROM transitions WHERE event_id = ?');
  // OR IGNORE: the event id may stand at another transition already.
  const tell = database.prepare(
    `UPDATE OR IGNORE transitions SET told = 1, event_id = coalesce(event_id, :eventId),
       session_id = coalesce(session_id, :sessionId), media_type = coalesce(media_type, :mediaType)
     WHERE agent_no = :agentNo AND at = :at AND state_no = :stateNo AND told = 0`,
  );
  const selectSequence = database.prepare(`SELECT value FROM meta WHERE key = 'log_sequence'`).pluck();
  const updateSequence = database.prepare(`UPDATE meta SET value = ? WHERE key = 'log_sequence'`);

  /** A push or an import of what only a poll had seen fills the hole that lay before it. */
  function tellOf(agentNo: number, transition: Transition, changes: LogChanges, rule: ReopenRule): void {
    const { at, eventId = null, sessionId = null, mediaType = null } = transition;
    if (eventId !== null && byEventId.get(eventId) !== undefined) return;
    const stateNo = numbers.ofState(transition.state);
    if (tell.run({ agentNo, at, stateNo, eventId, sessionId, mediaType }).changes === 0) return;
    const change = changeOf(changes, agentNo);
    if (at < rule.closedBefore) return;
    change.filledFrom = earlier(change.filledFrom, reopening.knownBefore(agentNo, at));
  }

  function record(transitions: readonly Transition[], rule: ReopenRule): RecordedCounts {
    const lastSequence = selectSequence.get() as number;
    const changes: LogChanges = new Map();
    let stored = 0;
    const settle = ({ agentNo, transition }: NumberedTransition, isNew: boolean): void => {
      if (isNew) {
        stored += 1;
        noteStored(changeOf(changes, agentNo), transition, rule);
      } else if (transition.source !== 'poll') {
        tellOf(agentNo, transition, changes, rule);
      }
    };
    const rows = inStorageOrder(transitions, numbers, lastSequence);
    for (let from = 0; from < rows.length; from += MANY) {
      const some = rows.slice(from, from + MANY);
      const areNew = inserts.many(some);
      for (const [index, row] of some.entries()) settle(row, areNew?.[index] ?? inserts.one(row));
    }
    if (stored > 0) updateSequence.run(lastSequence + transitions.length);
    for (const [agentNo, change] of changes) reopening.note(agentNo, change, rule, lastSequence);
    return { stored, duplicates: transitions.length - stored };
  }

  return {
    unlockClosedTime: async (lease, userIds) =>
      connection.write(() => {
        connection.requireLease(lease);
        return reopening.unlock(userIds);
      }),
    recordTransitions: async (transitions, rule) => connection.write(() => record(transitions, rule)),
    recordObservations: async (observations, rule) =>
      connection.write(() => {
        const lastSequence = selectSequence.get() as number;
        const changes: LogChanges = new Map();
        const counts = observe(observations, rule, changes, lastSequence);
        if (counts.changed > 0) updateSequence.run(lastSequence + counts.changed);
        for (const [agentNo, change] of changes) reopening.note(agentNo, change, rule, lastSequence);
        return counts;
      }),
  };
}

/**
 * The batch agent by agent, as the table is ordered: neighbours go to the same page. Each key holds the agent's
 * number and the transition's index, so an agent's transitions stay in the order given. With event ids all stay
 * in it: of two with the same id the first counts, whosever it is.
 */
function inStorageOrder(
  transitions: readonly Transition[],
  numbers: Numbers,
  lastSequence: number,
): NumberedTransition[] {
  if (transitions.length > MAX_BATCH)
    throw new RangeError(`At most ${MAX_BATCH} transitions fit into a batch.`);
  const keys = new Float64Array(transitions.length);
  let mayReorder = true;
  for (const [index, { userId, eventId }] of transitions.entries()) {
    keys[index] = numbers.ofAgent(userId) * MAX_BATCH + index;
    if (eventId !== undefined) mayReorder = false;
  }
  if (mayReorder) keys.sort();
  return Array.from(keys, (key) => {
    const index = key % MAX_BATCH;
    const transition = transitions[index] as Transition;
    return { agentNo: (key - index) / MAX_BATCH, transition, sequence: lastSequence + index + 1 };
  });
}

/** Notes a stored transition with its agent. */
export function noteStored(change: LogChange, transition: Transition, rule: ReopenRule): void {
  const { at } = transition;
  change.firstAt = earlier(change.firstAt, at);
  if (at < rule.closedBefore) {
    change.closedAt = earlier(change.closedAt, at);
    return;
  }
  change.lateAt = earlier(change.lateAt, at);
  if (transition.source !== 'poll') change.toldAt = earlier(change.toldAt, at);
}
