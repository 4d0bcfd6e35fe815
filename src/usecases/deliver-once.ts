import { type DeliverDeps, deliverCorrections } from './deliver-corrections.ts';
import type { Store } from './ports.ts';
import { type LockDeps, withRunLock } from './run-lock.ts';

/** What a delivery did (surface.md, JSON documents, `deliver`). */
export interface DeliverReport {
  readonly delivered: number;
  /** Of those, how many the vendor had taken before. */
  readonly duplicate: number;
  readonly refused: number;
  /** What is left, of whatever run. */
  readonly waiting: number;
  readonly unknown: number;
}

export type DeliverOnceDeps = DeliverDeps & LockDeps & { readonly store: Store };

/** Delivers by itself, without judging anything. */
export async function deliverOnce(deps: DeliverOnceDeps, signal: AbortSignal): Promise<DeliverReport> {
  return withRunLock(deps, signal, async (lease, held) => {
    const { delivered, duplicate, refused } = await deliverCorrections(deps, lease, held);
    const { waiting = 0, unknown = 0, sending = 0 } = await deps.store.countCorrections();
    return { delivered, duplicate, refused, waiting, unknown: unknown + sending };
  });
}
