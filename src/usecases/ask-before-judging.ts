import { askAllByKey } from './ask-by-key.ts';
import type { DeliverDeps } from './deliver-corrections.ts';
import type { DeliveryStore, Lease } from './ports.ts';

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
  const { store } = deps;
  const unasked = new Set<string>();
  const read = (limit: number, after?: string) => store.unaskedCorrections(limit, after);
  await askAllByKey(deps, lease, read, signal, async (answers) => {
    for (const { correction, answer } of answers) if (answer === 'not_asked') unasked.add(correction.userId);
    const absent = answers.filter(({ answer }) => answer === 'not_found');
    if (absent.length === 0) return;
    await store.noteAsked(
      lease,
      absent.map(({ correction }) => correction.correctionId),
    );
  });
  return unasked;
}
