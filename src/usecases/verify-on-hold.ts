import { askAllByKey } from './ask-by-key.ts';
import type { DeliverDeps, Delivered } from './deliver-corrections.ts';
import type { Lease } from './ports.ts';

/**
 * What takes the place of delivering on hold after a restore (README, Backup): nothing is sent and nothing taken
 * back. The vendor is asked by key about every correction that it may have, those included that a circuit breaker
 * holds: so much is decided again then that one may well trip. What the vendor has counts as delivered.
 */
export async function verifyOnHold(
  deps: DeliverDeps,
  lease: Lease,
  signal: AbortSignal,
  counts: Delivered,
): Promise<Delivered> {
  const { store } = deps;
  const read = (limit: number, after?: string) => store.undecidedCorrections(limit, after);
  await askAllByKey(deps, lease, read, signal, (answers) => {
    const found = answers.filter(({ answer }) => answer === 'found').length;
    counts.delivered += found;
    counts.duplicate += found;
  });
  return counts;
}
