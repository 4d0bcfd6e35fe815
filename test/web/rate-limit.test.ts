import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/web/rate-limit.ts';

function limited(burst: number, perSecond: number) {
  const time = { now: 1_000_000 };
  const clock = {
    now: () => time.now,
    sleep: async () => undefined,
    timeoutSignal: () => AbortSignal.abort(),
  };
  return { time, limit: new RateLimit({ burst, perSecond, clock }) };
}

describe('a rate limit', () => {
  it('lets a burst through, and then one at a time', () => {
    const { time, limit } = limited(3, 2);
    expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0]);
    expect(limit.take('a')).toBe(500);
    time.now += 400;
    expect(limit.take('a')).toBeGreaterThan(0);
    time.now += 101;
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
  });

  it('keeps keys apart, and never holds more than the burst', () => {
    const { time, limit } = limited(1, 1);
    expect([limit.take('a'), limit.take('b')]).toEqual([0, 0]);
    time.now += 3_600_000;
    expect([limit.take('a'), limit.take('a')]).toEqual([0, 1_000]);
  });

  it('is not emptied by a clock that is set back', () => {
    const { time, limit } = limited(2, 1);
    limit.take('a');
    time.now -= 60_000;
    expect(limit.take('a')).toBe(0);
    time.now += 1_000;
    expect(limit.take('a')).toBe(0);
  });

  it('forgets whom it has not seen for longest when there are too many', () => {
    const { limit } = limited(1, 0.001);
    limit.take('first');
    for (let index = 0; index < 9_998; index++) limit.take(`k${index}`);
    expect(limit.take('first')).toBeGreaterThan(0);
    for (let index = 0; index < 9_999; index++) limit.take(`l${index}`);
    expect(limit.take('first')).toBeGreaterThan(0);
    for (let index = 0; index < 10_000; index++) limit.take(`m${index}`);
    expect(limit.take('first')).toBe(0);
  });
});
