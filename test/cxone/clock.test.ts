import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';

test('a sleep ends with the reason of an abort, before or during it', async () => {
  await expect(systemClock.sleep(10_000, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  const giveUp = new AbortController();
  const sleep = systemClock.sleep(10_000, giveUp.signal);
  giveUp.abort(new Error('during'));
  await expect(sleep).rejects.toThrow('during');
});

test('a sleep longer than a timer can hold does not end at once', async () => {
  vi.useFakeTimers();
  try {
    let awake = false;
    const sleep = systemClock.sleep(30 * 86_400_000).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(29 * 86_400_000);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(86_400_000);
    await sleep;
  } finally {
    vi.useRealTimers();
  }
});

test('a time-out signal aborts with a TimeoutError', async () => {
  const signal = systemClock.timeoutSignal(1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('time-outs that begin together share a signal, and none of them comes early', async () => {
  const startedAt = performance.now();
  const first = systemClock.timeoutSignal(500);
  const second = systemClock.timeoutSignal(500);
  const other = systemClock.timeoutSignal(100_000);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
  await new Promise((resolve) => second.addEventListener('abort', resolve));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(499);
  expect(systemClock.timeoutSignal(500).aborted).toBe(false);
});
