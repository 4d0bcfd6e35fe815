import { describe, expect, test } from 'vitest';
import { LANES, type Lane, Limits, PausedTooLong } from '../../src/cxone/limits.ts';
import { nextTurn, VirtualClock } from './support.ts';

const PATIENT = Number.POSITIVE_INFINITY;

/** One pretended request: waits for its turn, notes it, and is over after `durationMs` of virtual time. */
async function pretend(
  limits: Limits,
  clock: VirtualClock,
  begun: number[],
  lane: Lane = 'reconciliation',
  durationMs = 0,
): Promise<void> {
  await limits.acquire(lane, PATIENT);
  begun.push(clock.now());
  if (durationMs > 0) await clock.sleep(durationMs);
  limits.release();
}

function mostWithin(spanMs: number, instants: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < instants.length; last += 1) {
    while (instants[last]! - instants[first]! >= spanMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('requests per second', () => {
  test.each([1, 7, 100])('never more than %i begin within any second', async (perSecond) => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 1000, maxRequestsPerSecond: perSecond });
    const begun: number[] = [];
    const all = Array.from({ length: perSecond * 5 }, (_, index) =>
      pretend(limits, clock, begun, 'reconciliation', (index % 13) * 40),
    );
    await clock.runUntil(Promise.all(all));
    expect(begun).toHaveLength(perSecond * 5);
    expect(mostWithin(1000, begun)).toBe(perSecond);
    expect(begun.at(-1)! - begun[0]!).toBe(4000);
  });

  test('half a request a second is one every two seconds', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 10, maxRequestsPerSecond: 0.5 });
    const begun: number[] = [];
    await clock.runUntil(Promise.all([1, 2, 3].map(() => pretend(limits, clock, begun))));
    expect(begun.map((at) => at - begun[0]!)).toEqual([0, 2000, 4000]);
  });

  test('a clock that is set back an hour does not stop the calls for an hour', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 10, maxRequestsPerSecond: 1 });
    const begun: number[] = [];
    await pretend(limits, clock, begun);
    clock.time -= 3_600_000;
    const setBack = clock.time;
    await clock.runUntil(pretend(limits, clock, begun));
    expect(clock.time - setBack).toBeLessThanOrEqual(1000);
  });
});

describe('requests open at once', () => {
  test('are never more than the limit, and the limit is used', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 3, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    let open = 0;
    let most = 0;
    const all = Array.from({ length: 50 }, async (_, index) => {
      await limits.acquire('reconciliation', PATIENT);
      open += 1;
      most = Math.max(most, open);
      await clock.sleep(1 + (index % 7));
      open -= 1;
      limits.release();
    });
    await clock.runUntil(Promise.all(all));
    expect(most).toBe(3);
    // All are free again: as many as the limit begin at once, and one more does not.
    for (let begun = 0; begun < 3; begun += 1) expect(limits.acquire('control', PATIENT)).toBeUndefined();
    expect(limits.acquire('control', PATIENT)).toBeInstanceOf(Promise);
  });

  test('who gives up while waiting leaves its place to the next', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 1, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    expect(limits.acquire('control', PATIENT)).toBeUndefined();
    const giveUp = new AbortController();
    const impatient = limits.acquire('control', PATIENT, giveUp.signal);
    const next = limits.acquire('collecting', PATIENT);
    giveUp.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    limits.release();
    await next;
    const last = limits.acquire('control', PATIENT);
    expect(last).toBeInstanceOf(Promise);
    // It was the only one that was open.
    limits.release();
    await last;
  });
});

test('lanes go in their order, first come first served within one', async () => {
  const clock = new VirtualClock();
  const limits = new Limits({ clock, maxConcurrency: 1, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
  void limits.acquire('control', PATIENT);
  const order: string[] = [];
  const all = [...LANES].reverse().flatMap((lane) =>
    [1, 2].map(async (number) => {
      await limits.acquire(lane, PATIENT);
      order.push(`${lane} ${number}`);
      limits.release();
    }),
  );
  limits.release();
  await Promise.all(all);
  expect(order).toEqual(LANES.flatMap((lane) => [`${lane} 1`, `${lane} 2`]));
});

describe('a pause that the vendor asks for', () => {
  test('holds for every lane', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 9, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    limits.pause(5_000);
    const from = clock.now();
    const begun: number[] = [];
    await clock.runUntil(Promise.all(LANES.map((lane) => pretend(limits, clock, begun, lane))));
    expect(begun.map((at) => at - from)).toEqual([5_000, 5_000, 5_000, 5_000]);
  });

  test('is told at once to whom it is too long, also to those who wait already', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 1, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    void limits.acquire('control', PATIENT);
    const waiting = limits.acquire('delivery', 1_000);
    limits.pause(5_000);
    await expect(waiting).rejects.toEqual(new PausedTooLong(5_000));
    await expect(limits.acquire('delivery', 4_999)).rejects.toBeInstanceOf(PausedTooLong);
  });

  test('is a day at the longest', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 1, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    limits.pause(99_999_999_000);
    const day = new PausedTooLong(24 * 3_600_000);
    await expect(limits.acquire('delivery', 5_000)).rejects.toEqual(day);
  });

  test('is not shortened by a later, shorter one', async () => {
    const clock = new VirtualClock();
    const limits = new Limits({ clock, maxConcurrency: 1, maxRequestsPerSecond: Number.POSITIVE_INFINITY });
    limits.pause(5_000);
    limits.pause(10);
    const from = clock.now();
    const begun: number[] = [];
    await clock.runUntil(pretend(limits, clock, begun));
    expect(begun[0]! - from).toBe(5_000);
  });
});

test('closing refuses all who wait', async () => {
  const limits = new Limits({ clock: new VirtualClock(), maxConcurrency: 1, maxRequestsPerSecond: 1 });
  void limits.acquire('control', PATIENT);
  const waiting = limits.acquire('control', PATIENT);
  limits.close(new Error('closed'));
  await expect(waiting).rejects.toThrow('closed');
  await nextTurn();
});
