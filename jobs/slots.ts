/** Which slots of a schedule have passed. */

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Slots further back than this many steps are not looked for: one run catches up for all of them anyway. */
const MAX_STEPS = 20_000;

/** Whether a cron expression has six fields: its first says at which seconds. */
export function hasSeconds(cron: string): boolean {
  return cron.trim().split(/\s+/).length === 6;
}

/**
 * The slots after `since` up to and including `now`, oldest first.
 * @param matches whether the schedule has a slot at an instant; @param withSeconds as `hasSeconds` says of it.
 */
export function slotsBetween(
  matches: (at: Date) => boolean,
  since: number,
  now: number,
  withSeconds: boolean,
): number[] {
  const stepMs = withSeconds ? SECOND_MS : MINUTE_MS;
  const first = Math.floor(since / stepMs) * stepMs + stepMs;
  const from = Math.max(first, Math.floor(now / stepMs) * stepMs - MAX_STEPS * stepMs);
  const slots: number[] = [];
  for (let at = from; at <= now; at += stepMs) if (matches(new Date(at))) slots.push(at);
  return slots;
}
