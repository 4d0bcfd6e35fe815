import { eq, max, sql } from '../../../db/drizzle.ts';
import { slots } from '../../../db/schema.ts';
import type { OperatingStore } from '../../usecases/ports.ts';
import { backupDatabase } from './backup.ts';
import type { Connection } from './connection.ts';
import { makePruning } from './prune.ts';

/** The schedule's memory, backups, retention, and closing. */
export function operatingStore(
  connection: Connection,
): Omit<OperatingStore, 'isOnHold' | 'enterHold' | 'leaveHold'> {
  const { database, orm } = connection;
  const prune = makePruning(connection);
  return {
    lastSlot: async (job) =>
      connection.read(() => {
        const row = orm
          .select({ latest: max(slots.slotAt) })
          .from(slots)
          .where(eq(slots.job, job))
          .get();
        return row?.latest ?? undefined;
      }),
    recordSlots: async (job, instants, fate, now) =>
      connection.write(() => {
        for (const slotAt of instants) {
          orm
            .insert(slots)
            .values({ job, slotAt, fate, recordedAt: now })
            .onConflictDoUpdate({
              target: [slots.job, slots.slotAt],
              set: { fate: sql`excluded.fate`, recordedAt: sql`excluded.recorded_at` },
            })
            .run();
        }
      }),
    pruneBatch: async (before, limit) => {
      const deleted = connection.write(() => prune(before, limit));
      // Only what has left the log for the file makes the file shorter.
      if (deleted === 0) connection.checkpoint();
      return deleted;
    },
    backup: (path) => backupDatabase(database.name, path),
    close: async () => {
      database.close();
    },
  };
}
