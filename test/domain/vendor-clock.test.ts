import { describe, expect, it } from 'vitest';
import { clockErrorMs, vendorLagMs } from '../../src/domain/vendor-clock.ts';

describe("the vendor's clock", () => {
  it.each([
    ['not known', undefined, 0, 0],
    ['behind', { offsetMs: -3_000, uncertaintyMs: 600 }, 3_000, 3_000],
    ['ahead', { offsetMs: 3_000, uncertaintyMs: 600 }, 3_000, 0],
    ['behind, or not', { offsetMs: -600, uncertaintyMs: 600 }, 0, 0],
    ['ahead, or not', { offsetMs: 599, uncertaintyMs: 600 }, 0, 0],
  ])('that is %s', (_, clock, errorMs, lagMs) => {
    expect(clockErrorMs(clock)).toBe(errorMs);
    expect(vendorLagMs(clock)).toBe(lagMs);
  });
});
