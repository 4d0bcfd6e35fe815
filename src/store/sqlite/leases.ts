import { and, eq, sql } from '../../../db/drizzle.ts';
import { leases } from '../../../db/schema.ts';
import { ProgramError } from '../../domain/errors.ts';
import type { LeaseAnswer, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import type { Steps } from './steps.ts';

type LeaseStore = Pick<RunStore, 'takeLease' | 'renewLease' | 'releaseLease'>;

/**
 * Locks with fencing. A fence is never given out twice, whatever the lock's name, so owner and fence say by
 * themselves which lock is meant.
 */
export function leaseStore({ orm, ...connection }: Connection, steps: Steps): LeaseStore {
  const nextFence = sql<number>`(SELECT coalesce(max(fence), 0) + 1 FROM leases)`;

  return {
    takeLease: async (name, owner, now, ttlMs, isGone) => {
      connection.generation.raise();
      return connection.write((): LeaseAnswer => {
        const held = orm.select().from(leases).where(eq(leases.name, name)).get();
        // The table has an end for every lock that has an owner.
        if (held?.owner != null && (held.expiresAt as number) > now && !isGone(held.owner)) {
          return { heldBy: held.owner };
        }
        const row = { name, owner, fence: nextFence, expiresAt: now + ttlMs };
        const { fence } = orm
          .insert(leases)
          .values(row)
          .onConflictDoUpdate({
            target: leases.name,
            set: { owner, fence: nextFence, expiresAt: row.expiresAt },
          })
          .returning({ fence: leases.fence })
          .get();
        steps.settleOrphans(owner, now);
        return { lease: { owner, fence } };
      });
    },
    renewLease: async (name, lease, now, ttlMs) =>
      connection.write(() => {
        const { changes } = orm
          .update(leases)
          .set({ expiresAt: now + ttlMs })
          .where(and(eq(leases.name, name), eq(leases.owner, lease.owner), eq(leases.fence, lease.fence)))
          .run();
        if (changes === 0) {
          throw new ProgramError('lock_lost', `The lock "${name}" was taken over by another process.`);
        }
      }),
    releaseLease: async (name, lease) =>
      connection.write(() => {
        orm
          .update(leases)
          .set({ owner: null, expiresAt: null })
          .where(and(eq(leases.name, name), eq(leases.owner, lease.owner), eq(leases.fence, lease.fence)))
          .run();
      }),
  };
}
