import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/cxone/http.ts';
import { backoffMs, MAX_ATTEMPTS, retryDelayMs } from '../../src/cxone/retry.ts';

function answered(status: number): Outcome {
  return { kind: 'answered', status, headers: {}, text: '' };
}

function failed(code: string): Outcome {
  return { kind: 'failed', sent: true, code, message: '' };
}

const first = {
  attempts: 1,
  maxAttempts: MAX_ATTEMPTS,
  spentMs: 0,
  budgetMs: 60_000,
  retryAfterMs: undefined,
  random: 0.5,
};

describe('what is retried', () => {
  test.each([408, 425, 429, 500, 502, 503, 504])('status %i', (status) => {
    expect(retryDelayMs({ ...first, outcome: answered(status) })).toBe(250);
  });

  test.each([200, 204, 302, 400, 401, 403, 404, 409, 422, 501])('not status %i', (status) => {
    expect(retryDelayMs({ ...first, outcome: answered(status) })).toBeUndefined();
  });

  test.each([
    'TOTAL_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_SOCKET',
    'ECONNRESET',
    'ECONNREFUSED',
    'EAI_AGAIN',
  ])('failure %s', (code) => {
    expect(retryDelayMs({ ...first, outcome: failed(code) })).toBe(250);
  });

  test.each(['PAUSED', 'UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_INVALID_ARG', 'CERT_HAS_EXPIRED'])(
    'not failure %s',
    (code) => {
      expect(retryDelayMs({ ...first, outcome: failed(code) })).toBeUndefined();
    },
  );

  test('not after the last attempt', () => {
    expect(retryDelayMs({ ...first, outcome: answered(503), attempts: MAX_ATTEMPTS })).toBeUndefined();
  });
});

describe('how long is waited', () => {
  test('exactly as long as Retry-After asks for', () => {
    expect(retryDelayMs({ ...first, outcome: answered(429), retryAfterMs: 7_000 })).toBe(7_000);
  });

  test('not at all when Retry-After goes beyond the budget', () => {
    expect(retryDelayMs({ ...first, outcome: answered(429), retryAfterMs: 60_001 })).toBeUndefined();
    expect(
      retryDelayMs({ ...first, outcome: answered(429), retryAfterMs: 10_000, spentMs: 50_001 }),
    ).toBeUndefined();
  });

  test('never longer than the exponential bound nor than ten seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const delay = backoffMs(attempts, random);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(Math.min(10_000, 500 * 2 ** (attempts - 1)));
          expect(Number.isInteger(delay)).toBe(true);
        },
      ),
    );
  });

  test('the whole range is used', () => {
    expect(backoffMs(3, 0)).toBe(0);
    expect(backoffMs(3, 0.999_999)).toBe(1_999);
  });
});
