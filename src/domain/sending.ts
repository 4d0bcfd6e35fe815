import type { Instant } from './instant.ts';

/** No sending lasts so long, the wait for a turn included. */
const LONGEST_SENDING_MS = 10 * 60_000;

/** A reading sooner than this after a sending cannot tell that it did not arrive: it may be on its way still. */
export const ARRIVING_MS = 5_000;

/** What a process is sending: which one, and since when. */
export interface Sending {
  readonly owner: string;
  readonly begunAt: Instant;
}

/**
 * Whether nobody is sending it any more, so that somebody else has to find out what became of it. Of a process on
 * another host, as after a container was replaced, nothing is known but that no sending lasts for ever.
 */
export function isAbandoned(
  { owner, begunAt }: Sending,
  isGone: (owner: string) => boolean,
  now: Instant,
): boolean {
  return isGone(owner) || now - begunAt > LONGEST_SENDING_MS;
}
