import type Database from 'better-sqlite3';
import { TRANSITION_SOURCES, type Transition, type TransitionSource } from '../../domain/transition.ts';
import type { Connection } from './connection.ts';

/** So many are entered by one statement; more was measured to gain nothing. */
export const MANY = 50;

/** A transition as the table has it. */
export interface NumberedTransition {
  readonly agentNo: number;
  readonly transition: Transition;
  readonly sequence: number;
}

/** Enters one transition; says whether it was new. */
export type InsertTransition = (row: NumberedTransition) => boolean;

export interface TransitionInserts {
  readonly one: InsertTransition;
  /**
   * Enters `MANY` at once that all came by one way and without ids, as those of a file do; says of each whether it
   * was new. Does nothing, and answers `undefined`, when they are not like that.
   */
  many(rows: readonly NumberedTransition[]): readonly boolean[] | undefined;
}

const ALL_NEW: readonly boolean[] = new Array(MANY).fill(true);

/** Statements by source, and shorter ones for the usual transition without ids: each value bound costs. */
export function makeInserts({ database, numbers }: Connection): TransitionInserts {
  function prepare(source: TransitionSource, columns: string, rows = 1): Database.Statement<unknown[]> {
    const marks = columns.replaceAll(/\w+/g, '?');
    const values = `('${source}', ${source === 'poll' ? 0 : 1}, ?, ?, ?, ?, ?${marks})`;
    return database.prepare<unknown[]>(
      `INSERT INTO transitions (source, told, agent_no, at, state_no, sequence, received_at${columns})
       VALUES ${new Array(rows).fill(values).join(', ')} ON CONFLICT DO NOTHING`,
    );
  }
  const bare = new Map(TRANSITION_SOURCES.map((source) => [source, prepare(source, '')]));
  const full = new Map(
    TRANSITION_SOURCES.map((source) => [
      source,
      prepare(source, ', confirmed_until, event_id, session_id, media_type'),
    ]),
  );
  const bareMany = new Map(TRANSITION_SOURCES.map((source) => [source, prepare(source, '', MANY)]));
  const selectSequence = database
    .prepare('SELECT sequence FROM transitions WHERE agent_no = ? AND at = ? AND state_no = ?')
    .pluck();

  function one({ agentNo, transition, sequence }: NumberedTransition): boolean {
    const { at, receivedAt, source, eventId, sessionId, mediaType } = transition;
    const stateNo = numbers.ofState(transition.state);
    if (isBare(transition)) {
      return bare.get(source)!.run(agentNo, at, stateNo, sequence, receivedAt).changes === 1;
    }
    const confirmedUntil = source === 'poll' ? Math.max(at, receivedAt) : null;
    const { changes } = full
      .get(source)!
      .run(agentNo, at, stateNo, sequence, receivedAt, confirmedUntil, eventId, sessionId, mediaType);
    return changes === 1;
  }

  function many(rows: readonly NumberedTransition[]): readonly boolean[] | undefined {
    const source = rows[0]?.transition.source;
    const areAlike = rows.every(({ transition }) => transition.source === source && isBare(transition));
    if (rows.length !== MANY || source === undefined || !areAlike) return undefined;
    const values: number[] = [];
    for (const { agentNo, transition, sequence } of rows) {
      const { at, state, receivedAt } = transition;
      values.push(agentNo, at, numbers.ofState(state), sequence, receivedAt);
    }
    const { changes } = bareMany.get(source)!.run(values);
    return changes === MANY ? ALL_NEW : rows.map((row) => changes > 0 && isStored(row));
  }

  /** Whether it is this one that stands there, not one from before: no two have the same sequence. */
  function isStored({ agentNo, transition, sequence }: NumberedTransition): boolean {
    return selectSequence.get(agentNo, transition.at, numbers.ofState(transition.state)) === sequence;
  }

  return { one, many };
}

function isBare({ source, eventId, sessionId, mediaType }: Transition): boolean {
  return source !== 'poll' && eventId === undefined && sessionId === undefined && mediaType === undefined;
}
