import { describe, expect, test } from 'vitest';
import type { OpenVendor } from '../../src/cxone/vendor.ts';
import { bench, QuickClock, RANGE, REPORT, reset, sendJson, T0, VirtualClock } from './support.ts';

/** The code, message and hint that a call fails with. */
async function failure(call: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  return call.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}

function report(vendor: OpenVendor): Promise<unknown> {
  return vendor.report('U1', RANGE);
}

describe('a read is repeated', () => {
  test.each([408, 425, 429, 500, 502, 503, 504])('after status %i, until it succeeds', async (status) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, count) =>
      count < 3 ? sendJson(response, status, {}) : sendJson(response, 200, REPORT);
    expect(await report(stage.vendor)).toHaveLength(2);
    expect(stage.server.received).toHaveLength(3);
    expect(stage.clock.slept).toEqual([250, 500]);
  });

  test('after a reset, a time-out and a body that breaks off', async () => {
    await using stage = await bench(new QuickClock(), { timeoutMs: 200 }, { random: () => 0.1 });
    stage.server.script = (_request, response, count) => {
      if (count === 1) reset(response);
      else if (count === 3)
        response.writeHead(200, { 'content-length': '99' }).write('{', () => reset(response));
      else if (count === 4) sendJson(response, 200, REPORT);
    };
    expect(await report(stage.vendor)).toHaveLength(2);
    expect(stage.calls.map(({ outcome }) => outcome)).toEqual([
      200,
      expect.any(String),
      'TOTAL_TIMEOUT',
      expect.any(String),
      200,
    ]);
  });

  test('four times in all, then it fails', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) =>
      sendJson(response, 503, { message: 'no room' }, { 'x-request-id': 'r-17' });
    expect(await failure(report(stage.vendor))).toMatchObject({
      code: 'vendor_unavailable',
      message: "report of user U1: status 503 no room (vendor's request id r-17)",
    });
    expect(stage.server.received).toHaveLength(4);
  });

  test('and gives up when nobody listens', async () => {
    await using stage = await bench(new QuickClock(), { timeoutMs: 1_000 });
    await stage.server[Symbol.asyncDispose]();
    expect(await failure(report(stage.vendor))).toMatchObject({
      code: 'vendor_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('CXONE_BASE_URL'),
    });
    expect(stage.clock.slept).toHaveLength(3);
  });
});

describe('a read is not repeated', () => {
  test.each([
    [302, 'vendor_rejected'],
    [400, 'vendor_rejected'],
    [403, 'vendor_forbidden'],
    [404, 'agent_not_found'],
    [409, 'vendor_rejected'],
    [422, 'vendor_rejected'],
    [501, 'vendor_unavailable'],
    [204, 'vendor_malformed'],
  ])('after status %i, it fails with %s', async (status, code) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => response.writeHead(status, { location: '/other' }).end();
    expect(await failure(report(stage.vendor))).toMatchObject({ code });
    expect(stage.server.received).toHaveLength(1);
    expect(stage.clock.slept).toEqual([]);
  });

  test('and a 403 names the scope', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) =>
      sendJson(response, 403, { code: 'missing', message: 'role' });
    const { message, hint } = await failure(report(stage.vendor));
    expect(message).toBe('report of user U1: status 403 missing: role; it needs the scope report:read');
    expect(hint).toContain('report:read');
  });

  test('when its answer is too large', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => response.writeHead(200).end(Buffer.alloc(9 * 1024 * 1024));
    expect(await failure(report(stage.vendor))).toMatchObject({ code: 'vendor_malformed' });
    expect(stage.server.received).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  test('in seconds is waited for to the millisecond', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, count) =>
      count === 1 ? sendJson(response, 503, {}, { 'retry-after': '7' }) : sendJson(response, 200, REPORT);
    await report(stage.vendor);
    expect(stage.clock.slept).toEqual([7_000]);
  });

  test('as a date as well', async () => {
    await using stage = await bench(new QuickClock());
    const date = new Date(T0 + 12_000).toUTCString();
    stage.server.script = (_request, response, count) =>
      count === 1 ? sendJson(response, 503, {}, { 'retry-after': date }) : sendJson(response, 200, REPORT);
    await report(stage.vendor);
    expect(stage.clock.slept).toEqual([12_000]);
  });

  test('that goes beyond the budget is given up at once and handed on', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => sendJson(response, 429, {}, { 'retry-after': '3600' });
    expect(await failure(report(stage.vendor))).toMatchObject({
      code: 'vendor_rate_limited',
      retryAfterMs: 3_600_000,
    });
    expect(stage.server.received).toHaveLength(1);
    expect(stage.clock.slept).toEqual([]);
  });

  test('of a 429 holds for all calls: none is sent before', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, count) =>
      count === 1 ? sendJson(response, 429, {}, { 'retry-after': '3600' }) : sendJson(response, 200, REPORT);
    await failure(report(stage.vendor));
    expect(await failure(stage.vendor.agentStatus('U1'))).toMatchObject({ code: 'vendor_rate_limited' });
    const answer = await stage.vendor.sendAdjustment('U1', 'key', '{}');
    expect(answer).toMatchObject({ outcome: 'not_taken', retryAfterMs: 3_600_000 });
    expect(stage.server.received).toHaveLength(1);
    stage.clock.time += 3_600_000;
    expect(await report(stage.vendor)).toHaveLength(2);
  });
});

describe('the limits over HTTP', () => {
  test('requests begin no faster than the limit, seen by the server', async () => {
    const clock = new VirtualClock();
    await using stage = await bench(clock, { maxRequestsPerSecond: 10, maxConcurrency: 100 });
    stage.server.script = (_request, response) => sendJson(response, 200, REPORT);
    const all = Promise.all(Array.from({ length: 45 }, () => report(stage.vendor)));
    const begun = (): number => stage.server.received.length + stage.server.tokenRequests.length;
    // Time moves on only when all that began has been answered.
    await clock.runUntil(all, () => stage.calls.length === begun() && begun() % 10 === 0);
    const perSecond = Map.groupBy([...stage.server.tokenRequests, ...stage.server.received], ({ at }) =>
      Math.floor((at - T0) / 1000),
    );
    expect([...perSecond.values()].map((requests) => requests.length)).toEqual([10, 10, 10, 10, 6]);
  });

  test('requests open at once are never more than the limit', async () => {
    await using stage = await bench(new QuickClock(), { maxConcurrency: 4 });
    stage.server.script = (_request, response) => setTimeout(() => sendJson(response, 200, REPORT), 2);
    await Promise.all(Array.from({ length: 60 }, () => report(stage.vendor)));
    expect(stage.server.maxOpen).toBe(4);
    expect(stage.server.connections).toBeLessThanOrEqual(4);
  });

  test('a correction goes before the reports that wait', async () => {
    await using stage = await bench(new QuickClock(), { maxConcurrency: 1 });
    stage.server.script = (_request, response) => sendJson(response, 200, REPORT);
    await report(stage.vendor);
    const waiting = [
      stage.vendor.agentStatus('U1').catch(() => undefined),
      report(stage.vendor),
      report(stage.vendor),
      stage.vendor.sendAdjustment('U1', 'key', '{}'),
    ];
    await Promise.all(waiting);
    const order = stage.server.received.slice(1).map(({ url }) => url.split('?')[0]?.split('/').at(-1));
    expect(order).toEqual(['agentStatus', 'adjustments', 'agent-status-summary', 'agent-status-summary']);
  });
});

test('an abort ends a call while it waits for its retry', async () => {
  const clock = new VirtualClock();
  await using stage = await bench(clock);
  const giveUp = new AbortController();
  stage.server.script = (_request, response) => {
    sendJson(response, 503, {}, { 'retry-after': '50' });
    setTimeout(() => giveUp.abort(new Error('shutting down')), 20);
  };
  await expect(stage.vendor.report('U1', RANGE, giveUp.signal)).rejects.toThrow('shutting down');
});

test('closing ends what waits', async () => {
  await using stage = await bench(new QuickClock(), { maxConcurrency: 1 });
  stage.server.script = () => undefined;
  const calls = Promise.allSettled([report(stage.vendor), report(stage.vendor)]);
  while (stage.server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await stage.vendor.close();
  const results = await calls;
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('every attempt is told with its family, outcome and duration', async () => {
  await using stage = await bench(new QuickClock());
  stage.server.script = (_request, response, count) =>
    count === 1 ? sendJson(response, 503, {}) : sendJson(response, 200, REPORT);
  await report(stage.vendor);
  expect(stage.calls).toEqual([
    { family: 'token', outcome: 200, durationMs: 0 },
    { family: 'report', outcome: 503, durationMs: 0 },
    { family: 'report', outcome: 200, durationMs: 0 },
  ]);
});
