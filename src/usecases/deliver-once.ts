import type { CorrectionState } from '../domain/correction.ts';
import type { Instant } from '../domain/instant.ts';
import { type DeliverDeps, deliverCorrections } from './deliver-corrections.ts';
import type { Store } from './ports.ts';
import { type LockDeps, withRunLock } from './run-lock.ts';

/** What a delivery did (surface.md, JSON documents, `deliver`). */
export interface DeliverReport {
  readonly delivered: number;
  /** Of those, how many the vendor had taken before. */
  readonly duplicate: number;
  readonly refused: number;
  /** Delivered ones that the vendor has dropped again, as a person approved. */
  readonly takenBack: number;
  /** What is left, of whatever run. */
  readonly waiting: number;
  readonly unknown: number;
  /** When the first of those that are not due yet will be; `undefined` when none waits for its time. */
  readonly nextDueAt: Instant | undefined;
}

/** What is left to do at the vendor, taking back included. */
export function unsettledOf(counts: Readonly<Partial<Record<CorrectionState, number>>>): {
  readonly waiting: number;
  readonly unknown: number;
} {
  const { waiting = 0, unknown = 0, sending = 0 } = counts;
  const { take_back_waiting = 0, take_back_unknown = 0, taking_back = 0 } = counts;
  return {
    waiting: waiting + take_back_waiting,
    unknown: unknown + sending + take_back_unknown + taking_back,
  };
}

export type DeliverOnceDeps = DeliverDeps & LockDeps & { readonly store: Store };

/** Delivers by itself, without judging anything. */
export async function deliverOnce(deps: DeliverOnceDeps, signal: AbortSignal): Promise<DeliverReport> {
  return withRunLock(deps, signal, async (lease, held) => {
    const { store, clock } = deps;
    const done = await deliverCorrections(deps, lease, held);
    const left = unsettledOf(await store.countCorrections());
    return { ...done, ...left, nextDueAt: await store.nextDueAt(clock.now()) };
  });
}
