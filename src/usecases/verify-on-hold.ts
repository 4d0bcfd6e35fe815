import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';
import type { DeliverDeps, Delivered } from './deliver-corrections.ts';
import { OutageWatch } from './outage-watch.ts';
import type { DueCorrection, Lease } from './ports.ts';

const PAGE = 200;

/**
 * What takes the place of delivering on hold after a restore (README, Backup): nothing is sent and nothing taken
 * back. The vendor is asked by key about every correction that it may have, those included that a circuit breaker
 * holds: so much is decided again then that one may well trip. What the vendor has counts as delivered.
 */
export async function verifyOnHold(deps: DeliverDeps, lease: Lease, signal: AbortSignal): Promise<Delivered> {
  const { store, maxConcurrency } = deps;
  const outage = new OutageWatch();
  let found = 0;
  let after: string | undefined;
  do {
    const page: readonly DueCorrection[] = await store.undecidedCorrections(PAGE, after);
    const verify = async (correction: DueCorrection): Promise<void> => {
      if (signal.aborted || outage.isDown) return;
      if ((await askByKey(deps, lease, correction, outage, signal)) === 'found') found++;
    };
    // Not with the signal: what was found is to be recorded.
    await pMap(page, verify, { concurrency: maxConcurrency });
    after = page[PAGE - 1]?.correctionId;
  } while (after !== undefined && !signal.aborted);
  signal.throwIfAborted();
  return { delivered: found, duplicate: found, refused: 0, takenBack: 0 };
}

/** Asks the vendor by key whether it has a correction; what it has is recorded as delivered. */
export async function askByKey(
  { store, vendor, clock, log, policy }: DeliverDeps,
  lease: Lease,
  { correctionId, userId, key }: DueCorrection,
  outage: OutageWatch,
  signal: AbortSignal,
): Promise<'found' | 'not_found' | 'not_asked'> {
  try {
    const vendorId = await vendor.findAdjustment(userId, key, signal);
    outage.succeeded();
    if (vendorId === undefined) return 'not_found';
    const answer = 'found by its key; the vendor had taken it before';
    const settled = {
      state: 'delivered',
      attemptId: undefined,
      notBefore: undefined,
      delaysAll: false,
    } as const;
    const result = { ...settled, correctionId, answer, vendorId, marginMs: policy.marginMs };
    await store.finishAttempt(lease, result, clock.now());
    return 'found';
  } catch (error) {
    if (signal.aborted) return 'not_asked';
    if (!(error instanceof ProgramError) || error.code === 'lock_lost') throw error;
    outage.failed(error.code);
    log.warn(
      { correctionId, agent: userId, err: error },
      'after a restore: the vendor could not be asked by key',
    );
    return 'not_asked';
  }
}
