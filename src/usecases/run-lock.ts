import { ProgramError } from '../domain/errors.ts';
import type { Clock, Lease, Log, RunStore } from './ports.ts';

/** One run at a time, however it was started: reconciling and delivering share this lock. */
const LOCK_NAME = 'run';
/** How long a lock outlives its holder's last sign of life when nobody can see that the process is gone. */
const TTL_MS = 60_000;
const RENEW_MS = 15_000;

/** Who takes the lock, and how to tell that another holder is no longer alive. */
export interface LockOwner {
  /** Names host, process and instance; shown to whoever finds the lock held. */
  readonly name: string;
  isGone(owner: string): boolean;
}

export interface LockDeps {
  readonly store: Pick<RunStore, 'takeLease' | 'renewLease' | 'releaseLease'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: LockOwner;
}

/**
 * Does something while holding the run lock; its signal aborts when the lock is lost. Every write of the work
 * names the lease, so a holder that was taken over while it slept can change nothing.
 * @throws ProgramError `lock_held`, naming the holder.
 */
export async function withRunLock<T>(
  { store, clock, log, owner }: LockDeps,
  signal: AbortSignal,
  work: (lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const answer = await store.takeLease(LOCK_NAME, owner.name, clock.now(), TTL_MS, owner.isGone);
  if ('heldBy' in answer) {
    throw new ProgramError('lock_held', `another run is under way: ${answer.heldBy} holds the lock`, {
      hint: 'Wait until it has ended; a lock whose process is gone is taken over by itself.',
    });
  }
  const ended = new AbortController();
  const lost = new AbortController();
  const renewing = renew(answer.lease).catch((error: unknown) => lost.abort(error));
  try {
    return await work(answer.lease, AbortSignal.any([signal, lost.signal]));
  } finally {
    ended.abort();
    await renewing;
    await store.releaseLease(LOCK_NAME, answer.lease);
  }

  async function renew(lease: Lease): Promise<void> {
    while (!ended.signal.aborted) {
      await clock.sleep(RENEW_MS, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      await store.renewLease(LOCK_NAME, lease, clock.now(), TTL_MS);
      log.debug({ owner: lease.owner, fence: lease.fence }, 'run lock renewed');
    }
  }
}
