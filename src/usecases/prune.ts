import { setImmediate } from 'node:timers/promises';
import type { Instant } from '../domain/instant.ts';
import type { OperatingStore } from './ports.ts';

const BATCH = 500;

/** Deletes what retention allows to go, in small batches so that others get their turn. @returns how much. */
export async function prune(
  store: OperatingStore,
  before: { readonly events: Instant; readonly audit: Instant },
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  while (!signal.aborted) {
    const batch = await store.pruneBatch(before, BATCH);
    if (batch === 0) break;
    deleted += batch;
    await setImmediate();
  }
  return deleted;
}
