import pMap from 'p-map';
import type { DeliverDeps } from './deliver-corrections.ts';
import { OutageWatch } from './outage-watch.ts';
import type { DeliveryStore, DueCorrection, Lease } from './ports.ts';
import { askByKey } from './verify-on-hold.ts';

const PAGE = 200;

/**
 * After a restore the vendor may have corrections that this ledger still takes for unsent: before new evidence may
 * withdraw one, its key is asked about. Nothing is asked where there was no restore.
 * @returns the agents of whom this could not be known
 */
export async function askBeforeJudging(
  deps: DeliverDeps & { readonly store: DeliveryStore },
  lease: Lease,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { store, maxConcurrency } = deps;
  const outage = new OutageWatch();
  const unasked = new Set<string>();
  let after: string | undefined;
  do {
    const page: readonly DueCorrection[] = await store.unaskedCorrections(PAGE, after);
    const absent: string[] = [];
    const ask = async (correction: DueCorrection): Promise<void> => {
      const isOver = signal.aborted || outage.isDown;
      const answer = isOver ? 'not_asked' : await askByKey(deps, lease, correction, outage, signal);
      if (answer === 'not_found') absent.push(correction.correctionId);
      if (answer === 'not_asked') unasked.add(correction.userId);
    };
    // Not with the signal: what was found is to be recorded.
    await pMap(page, ask, { concurrency: maxConcurrency });
    if (absent.length > 0) await store.noteAsked(lease, absent);
    after = page[PAGE - 1]?.correctionId;
  } while (after !== undefined && !signal.aborted);
  signal.throwIfAborted();
  return unasked;
}
