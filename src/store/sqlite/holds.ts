import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import type { OperatingStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';

/** For SQL: the last hold that a person ended, 0 before the first. */
export const ENDED_HOLD = '(SELECT coalesce(max(hold_id), 0) FROM holds WHERE left_at IS NOT NULL)';

/** Enters hold, or adds the reason to the hold that is in force; in the transaction that the caller has open. */
export function enterHold(database: Database.Database, why: string, at: Instant | null): void {
  const { changes } = database
    .prepare(`UPDATE holds SET why = why || '; ' || ? WHERE left_at IS NULL`)
    .run(why);
  if (changes === 0) database.prepare('INSERT INTO holds (why, entered_at) VALUES (?, ?)').run(why, at);
}

type HoldStore = Pick<OperatingStore, 'isOnHold' | 'enterHold' | 'leaveHold'>;

/** Holds are numbered, not timed, to tell what was made before one ended: a clock may have been set back. */
export function holdStore({ database, ...connection }: Connection): HoldStore {
  const selectHold = database.prepare('SELECT 1 FROM holds WHERE left_at IS NULL').pluck();
  const leave = database.prepare(
    'UPDATE holds SET left_at = :at, left_by = :person, note = :note WHERE left_at IS NULL',
  );
  return {
    isOnHold: async () => connection.read(() => selectHold.get() !== undefined),
    enterHold: async (why, at) => connection.write(() => enterHold(database, why, at)),
    leaveHold: async ({ person, note = null, at }) =>
      connection.write(() => {
        leave.run({ at, person, note });
      }),
  };
}
