import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';

/** So many failures of one sort in a row, without a success between, are the vendor's and not the agents'. */
const LIMIT = 100;
/** Codes that say nothing of the agent who happened to be asked about. */
const VENDOR_WIDE: ReadonlySet<string> = new Set([
  'vendor_unavailable',
  'vendor_unauthorized',
  'vendor_forbidden',
  'vendor_rate_limited',
]);

/**
 * Notices that the vendor is down, so that a run does not wait out every agent's time-outs: those not yet asked
 * about fail at once, and stay due.
 */
export class OutageWatch {
  #failures = 0;

  get isDown(): boolean {
    return this.#failures >= LIMIT;
  }

  /** @throws ProgramError `vendor_unavailable` while the vendor is taken to be down. */
  check(): void {
    if (!this.isDown) return;
    throw new ProgramError('vendor_unavailable', `not asked: ${LIMIT} agents in a row failed at the vendor`);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(code: string): void {
    if (VENDOR_WIDE.has(code)) this.#failures++;
  }
}

export interface EachOptions<T> {
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  /** One watch may see several rounds. */
  readonly outage?: OutageWatch;
  onFailed(item: T, error: ProgramError): void;
}

/**
 * Does work for each agent, or each thing of an agent's. What one of them fails with is no matter of the others,
 * unless the vendor is down: then the rest fails unasked.
 * @throws the signal's reason, and whatever is no ProgramError.
 */
export async function eachUntilDown<T>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
  { concurrency, signal, outage = new OutageWatch(), onFailed }: EachOptions<T>,
): Promise<void> {
  const one = async (item: T): Promise<void> => {
    try {
      outage.check();
      await work(item);
      outage.succeeded();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ProgramError)) throw error;
      outage.failed(error.code);
      onFailed(item, error);
    }
  };
  await pMap(items, one, { concurrency, ...(signal && { signal }) });
}
