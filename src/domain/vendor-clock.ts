/** How far the vendor's clock is ahead of ours, give or take. */
export interface VendorClock {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** How far the vendor's clock is off by ours, in milliseconds; 0 unless it surely is. */
export function clockErrorMs(clock: VendorClock | undefined): number {
  if (clock === undefined) return 0;
  const errorMs = Math.abs(clock.offsetMs);
  return errorMs > clock.uncertaintyMs ? errorMs : 0;
}

/**
 * How much later than it says an instant of the vendor's may have been by our clock, which contracts are timed by, in
 * milliseconds. Only a clock that is behind counts: the benefit of the doubt is the agent's.
 */
export function vendorLagMs(clock: VendorClock | undefined): number {
  return clock !== undefined && clock.offsetMs < 0 ? clockErrorMs(clock) : 0;
}
