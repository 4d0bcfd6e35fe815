import { describe, expect, test } from 'vitest';
import { bench, QuickClock, reset, type Script, sendJson, T0 } from './support.ts';

const KEY = 'key-1';
const CORRECTION = { start: T0, end: T0 + 90_250, state: 'Wrap "Up"' };

function applied(status: number): Script {
  return (request, response) =>
    sendJson(response, status, {
      id: 'adj-7',
      idempotencyKey: request.headers['idempotency-key'],
      status: 'applied',
      version: 4,
    });
}

async function deliver(script: Script, timeoutMs = 15_000) {
  await using stage = await bench(new QuickClock(), { timeoutMs });
  stage.server.script = script;
  const body = stage.vendor.adjustmentBody(CORRECTION);
  const answer = await stage.vendor.sendAdjustment('U/1', KEY, body);
  return { answer, received: stage.server.received, slept: stage.clock.slept, stage };
}

test('the body of a correction is the same text for ever', async () => {
  await using stage = await bench(new QuickClock());
  expect(stage.vendor.adjustmentBody(CORRECTION)).toBe(
    '{"startTime":"2026-03-02T09:00:00.000Z","endTime":"2026-03-02T09:01:30.250Z","state":"Wrap \\"Up\\"",' +
      '"reason":"adherence_reconciliation","comment":"The event log has Wrap \\"Up\\" from ' +
      '2026-03-02T09:00:00.000Z to 2026-03-02T09:01:30.250Z."}',
  );
});

describe('a correction that is sent', () => {
  test('goes out with its key and its very bytes', async () => {
    const { received } = await deliver(applied(201));
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/api/v2/wfm/schedules/U%2F1/adjustments',
      headers: { 'idempotency-key': KEY, 'content-type': 'application/json' },
    });
    expect(JSON.parse(received[0]!.body)).toMatchObject({ state: CORRECTION.state });
  });

  test.each([
    [201, false],
    [200, true],
  ])('status %i is delivered, duplicate %s', async (status, duplicate) => {
    const { answer } = await deliver(applied(status));
    expect(answer).toEqual({ outcome: 'delivered', vendorId: 'adj-7', duplicate });
  });

  test('409 key_reused is told apart', async () => {
    const { answer } = await deliver((_request, response) => sendJson(response, 409, { code: 'key_reused' }));
    expect(answer).toEqual({
      outcome: 'key_reused',
      reason: 'correction of user U/1: status 409 key_reused',
    });
  });

  test.each([400, 404, 413, 422])('status %i is refused in the words of the vendor', async (status) => {
    const body = { code: 'overlap', message: 'there is one already' };
    const { answer, received } = await deliver((_request, response) => sendJson(response, status, body));
    expect(answer).toEqual({
      outcome: 'refused',
      reason: `correction of user U/1: status ${status} overlap: there is one already`,
    });
    expect(received).toHaveLength(1);
  });

  test.each([403, 409, 423, 429])('status %i was surely not taken', async (status) => {
    const { answer, received } = await deliver((_request, response) =>
      sendJson(response, status, { code: 'stale' }),
    );
    expect(answer).toMatchObject({ outcome: 'not_taken', retryAfterMs: undefined });
    expect(received).toHaveLength(1);
  });

  test('a 403 names the scope', async () => {
    const { answer } = await deliver((_request, response) => sendJson(response, 403, {}));
    expect(answer).toMatchObject({ reason: expect.stringContaining('agent:write') });
  });

  test.each([
    [403, true],
    [409, undefined],
    [429, undefined],
  ])('only a 403 is forbidden: status %i', async (status, forbidden) => {
    const { answer } = await deliver((_request, response) => sendJson(response, status, {}));
    expect(answer).toHaveProperty('outcome', 'not_taken');
    expect((answer as { forbidden?: boolean }).forbidden).toBe(forbidden);
  });

  test('a 429 hands on how long to wait, and does not wait itself', async () => {
    const { answer, slept } = await deliver((_request, response) =>
      sendJson(response, 429, {}, { 'retry-after': '30' }),
    );
    expect(answer).toMatchObject({ outcome: 'not_taken', retryAfterMs: 30_000 });
    expect(slept).toEqual([]);
  });

  test.each([202, 204, 302, 408, 425, 500, 502, 503, 504])('status %i leaves it open', async (status) => {
    const { answer, received } = await deliver((_request, response) =>
      response.writeHead(status, { 'retry-after': '5' }).end(),
    );
    expect(answer).toMatchObject({ outcome: 'unknown', retryAfterMs: 5_000 });
    expect(received).toHaveLength(1);
  });

  test.each<[string, Script]>([
    ['a reset', (_request, response) => reset(response)],
    ['silence', () => undefined],
    [
      'half an answer',
      (_request, response) => response.writeHead(201, { 'content-length': '99' }).write('{'),
    ],
    ['an answer that is not JSON', (_request, response) => response.writeHead(201).end('<p>ok</p>')],
    ['an answer without id', (_request, response) => sendJson(response, 201, { status: 'applied' })],
    [
      'the answer to another key',
      (_request, response) =>
        sendJson(response, 201, { id: 'a', idempotencyKey: 'other', status: 'applied', version: 1 }),
    ],
  ])('%s leaves it open', async (_name, script) => {
    const { answer, received } = await deliver(script, 300);
    expect(answer).toMatchObject({ outcome: 'unknown', reason: expect.any(String) });
    expect(received).toHaveLength(1);
  });

  test('was surely not taken when nobody listens', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = applied(201);
    await stage.vendor.sendAdjustment('U1', KEY, '{}');
    await stage.server[Symbol.asyncDispose]();
    // The kept connection may be found closed only now; the one after that finds nobody.
    await stage.vendor.sendAdjustment('U1', KEY, '{}');
    const answer = await stage.vendor.sendAdjustment('U1', KEY, '{}');
    expect(answer).toMatchObject({
      outcome: 'not_taken',
      reason: expect.stringContaining('ECONNREFUSED'),
      retryAfterMs: undefined,
    });
  });

  test('is sent once more after a 401, with the same key and bytes', async () => {
    const { answer, received } = await deliver((request, response, count) =>
      count === 1 ? sendJson(response, 401, {}) : applied(201)(request, response, count),
    );
    expect(answer).toMatchObject({ outcome: 'delivered' });
    expect(received).toHaveLength(2);
    expect(received[1]?.body).toBe(received[0]?.body);
    expect(received[1]?.headers['idempotency-key']).toBe(KEY);
    expect(received[1]?.headers.authorization).not.toBe(received[0]?.headers.authorization);
  });

  test('was not taken when the 401 stays', async () => {
    const { answer, received } = await deliver((_request, response) => sendJson(response, 401, {}));
    expect(answer).toMatchObject({ outcome: 'not_taken' });
    expect(received).toHaveLength(2);
  });

  test('was not taken when there is no token to be had', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.token = (_request, response) => sendJson(response, 401, { error: 'invalid_client' });
    const answer = await stage.vendor.sendAdjustment('U1', KEY, '{}');
    expect(answer).toMatchObject({
      outcome: 'not_taken',
      reason: expect.stringContaining('CXONE_CLIENT_ID'),
    });
    expect(stage.server.received).toHaveLength(0);
  });

  test('is refused when its user id would leave its place in the path', async () => {
    await using stage = await bench(new QuickClock());
    expect(await stage.vendor.sendAdjustment('..', KEY, '{}')).toMatchObject({ outcome: 'refused' });
    expect(stage.server.received).toHaveLength(0);
  });

  test('throws only the reason of an abort', async () => {
    await using stage = await bench(new QuickClock());
    const giveUp = new AbortController();
    stage.server.script = () => giveUp.abort(new Error('shutting down'));
    await expect(stage.vendor.sendAdjustment('U1', KEY, '{}', giveUp.signal)).rejects.toThrow(
      'shutting down',
    );
  });
});

describe('a correction that is looked for by its key', () => {
  const entity = { id: 'adj-7', idempotencyKey: 'k&1', status: 'applied', version: 4 };

  test.each([
    [[entity], 'adj-7'],
    [[], undefined],
  ])('%j is %s', async (entities, id) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => sendJson(response, 200, { entities });
    expect(await stage.vendor.findAdjustment('U1', 'k&1')).toBe(id);
    expect(stage.server.received[0]?.url).toBe('/api/v2/wfm/schedules/U1/adjustments?idempotencyKey=k%261');
  });

  test.each([
    ['two of them', [entity, entity]],
    ['one of another key', [{ ...entity, idempotencyKey: 'other' }]],
  ])('%s is malformed', async (_name, entities) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => sendJson(response, 200, { entities });
    await expect(stage.vendor.findAdjustment('U1', 'k&1')).rejects.toMatchObject({
      code: 'vendor_malformed',
    });
  });

  test('is asked for again after a 503', async () => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response, count) =>
      count === 1 ? sendJson(response, 503, {}) : sendJson(response, 200, { entities: [entity] });
    expect(await stage.vendor.findAdjustment('U1', 'k&1')).toBe('adj-7');
  });
});

describe('a correction that is taken back', () => {
  test.each([
    [204, { outcome: 'delivered', vendorId: 'adj/7', duplicate: false }],
    [404, { outcome: 'delivered', vendorId: 'adj/7', duplicate: true }],
    [422, { outcome: 'refused' }],
    [403, { outcome: 'not_taken', forbidden: true }],
    [409, { outcome: 'not_taken' }],
    [429, { outcome: 'not_taken' }],
    [503, { outcome: 'unknown' }],
  ])('status %i', async (status, expected) => {
    await using stage = await bench(new QuickClock());
    stage.server.script = (_request, response) => response.writeHead(status).end();
    expect(await stage.vendor.takeBackAdjustment('U1', 'adj/7')).toMatchObject(expected);
    expect(stage.server.received).toHaveLength(1);
    expect(stage.server.received[0]).toMatchObject({
      method: 'DELETE',
      url: '/api/v2/wfm/schedules/U1/adjustments/adj%2F7',
    });
  });
});
