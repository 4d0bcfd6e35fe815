/**
 * How long to wait before something that failed is tried again: twice as long after each attempt, the half of it by
 * chance, so that many do not come back at once.
 * @param random at least 0, at most 1.
 */
export function growingPauseMs(
  attempts: number,
  { firstMs, longestMs }: { readonly firstMs: number; readonly longestMs: number },
  random: number,
): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempts, 20));
  return Math.round((full * (1 + random)) / 2);
}
