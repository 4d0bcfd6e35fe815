import type { Push } from './pushes.ts';
import type { Vendor } from './vendor.ts';

const EVERY_MS = 250;
const PATIENCE_MS = 5_000;

/**
 * Posts what the vendor has to push, for as long as it is not stopped.
 * @returns what stops it
 */
export function startPushing(vendor: Vendor, url: string): () => void {
  const stopping = new AbortController();
  const timer = setInterval(() => {
    for (const push of vendor.duePushes()) void post(vendor, url, push, stopping.signal);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    stopping.abort();
  };
}

async function post(vendor: Vendor, url: string, push: Push, stopping: AbortSignal): Promise<void> {
  const { headers, body } = push;
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)]);
  const isTaken = await fetch(url, { method: 'POST', headers, body, signal }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );
  vendor.counts.add(isTaken ? 'push taken' : 'push failed');
  if (!isTaken) vendor.pushAgain(push);
}
