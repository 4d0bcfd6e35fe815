import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';
import type { DeliverDeps } from './deliver-corrections.ts';
import { OutageWatch } from './outage-watch.ts';
import { pagesOf } from './pages.ts';
import type { DueCorrection, Lease } from './ports.ts';

const PAGE = 200;

/** What the vendor said of a correction when it was asked by its key; what it has is recorded as delivered. */
export interface AnsweredByKey {
  readonly correction: DueCorrection;
  readonly answer: 'found' | 'not_found' | 'not_asked';
}

/**
 * Asks the vendor by key about all corrections that `read` lists, page by page. After an outage or an abort the rest
 * of a page is `not_asked`.
 * @throws the signal's reason, once what was found is recorded.
 */
export async function askAllByKey(
  deps: DeliverDeps,
  lease: Lease,
  read: (limit: number, after?: string) => Promise<readonly DueCorrection[]>,
  signal: AbortSignal,
  onPage: (answers: readonly AnsweredByKey[]) => Promise<void> | void,
): Promise<void> {
  const outage = new OutageWatch();
  const ask = async (correction: DueCorrection): Promise<AnsweredByKey> => {
    const isOver = signal.aborted || outage.isDown;
    const answer = isOver ? 'not_asked' : await askByKey(deps, lease, correction, outage, signal);
    return { correction, answer };
  };
  for await (const page of pagesOf(PAGE, read, ({ correctionId }) => correctionId)) {
    // Not with the signal: what was found is to be recorded.
    await onPage(await pMap(page, ask, { concurrency: deps.maxConcurrency }));
    if (signal.aborted) break;
  }
  signal.throwIfAborted();
}

/** Asks the vendor by key whether it has a correction; what it has is recorded as delivered. */
async function askByKey(
  { store, vendor, clock, log, policy }: DeliverDeps,
  lease: Lease,
  { correctionId, userId, key }: DueCorrection,
  outage: OutageWatch,
  signal: AbortSignal,
): Promise<AnsweredByKey['answer']> {
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
