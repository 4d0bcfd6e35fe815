import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Http, type HttpRequest, MAX_RESPONSE_BYTES, type Outcome } from '../../src/cxone/http.ts';
import { reset, type Script, ScriptedVendor, sendJson } from './support.ts';

const GET: HttpRequest = { method: 'GET', path: '/thing', headers: { authorization: 'Bearer x' } };

/** Sends one GET to a server that answers as the script says. */
async function exchange(script: Script, timeoutMs = 10_000, request = GET): Promise<Outcome> {
  await using server = await new ScriptedVendor(systemClock.now).listen();
  server.script = script;
  const http = new Http({ baseUrl: new URL(server.url), maxConnections: 1, timeoutMs, clock: systemClock });
  try {
    return await http.send(request);
  } finally {
    await http.close();
  }
}

describe('an exchange', () => {
  test('answers with status, headers and text', async () => {
    const outcome = await exchange((_request, response) =>
      sendJson(response, 418, { tea: 'Käse' }, { 'x-thing': 'a' }),
    );
    expect(outcome).toMatchObject({ kind: 'answered', status: 418, text: '{"tea":"Käse"}' });
    expect(outcome.kind === 'answered' && outcome.headers['x-thing']).toBe('a');
  });

  test('keeps characters whole that arrive in two pieces, and drops a byte order mark', async () => {
    const bytes = Buffer.from('\uFEFFKäse');
    const outcome = await exchange((_request, response) => {
      response.write(bytes.subarray(0, 5));
      setTimeout(() => response.end(bytes.subarray(5)), 20);
    });
    expect(outcome).toMatchObject({ text: 'Käse' });
  });

  test('keeps the prefix of the base URL', async () => {
    await using server = await new ScriptedVendor(systemClock.now).listen();
    server.script = (_request, response) => sendJson(response, 200, {});
    const http = new Http({
      baseUrl: new URL(`${server.url}/tenant/a/`),
      maxConnections: 1,
      timeoutMs: 10_000,
      clock: systemClock,
    });
    await http.send(GET);
    await http.close();
    expect(server.received[0]?.url).toBe('/tenant/a/thing');
  });

  test('does not follow a redirect', async () => {
    let asked = 0;
    const outcome = await exchange((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(outcome).toMatchObject({ kind: 'answered', status: 302 });
    expect(asked).toBe(1);
  });
});

describe('an exchange that fails', () => {
  test('was not sent when nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const http = new Http({
      baseUrl: new URL(`http://127.0.0.1:${port}`),
      maxConnections: 1,
      timeoutMs: 5_000,
      clock: systemClock,
    });
    expect(await http.send(GET)).toMatchObject({ kind: 'failed', sent: false, code: 'ECONNREFUSED' });
    await http.close();
  });

  test('was not sent when the name is unknown', async () => {
    const http = new Http({
      baseUrl: new URL('http://vendor.invalid'),
      maxConnections: 1,
      timeoutMs: 2_000,
      clock: systemClock,
    });
    expect(await http.send(GET)).toMatchObject({ kind: 'failed', sent: false });
    await http.close();
  });

  test('was perhaps taken when the connection is reset after the request was sent', async () => {
    const outcome = await exchange((_request, response) => reset(response));
    expect(outcome).toMatchObject({ kind: 'failed', sent: true });
  });

  test('was perhaps taken when the body breaks off', async () => {
    const outcome = await exchange((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"half":');
      setTimeout(() => response.socket?.end(), 20);
    });
    expect(outcome).toMatchObject({ kind: 'failed', sent: true });
  });

  test('ends at the total time-out although the body keeps dripping', async () => {
    const startedAt = performance.now();
    const outcome = await exchange((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    }, 150);
    expect(outcome).toMatchObject({ kind: 'failed', sent: true, code: 'TOTAL_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('ends at the total time-out when no header comes', async () => {
    const outcome = await exchange(() => undefined, 100);
    expect(outcome).toMatchObject({ kind: 'failed', sent: true, code: 'TOTAL_TIMEOUT' });
  });

  test('reads no more than the limit of an answer of 50 MB', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 120);
    let written = 0;
    const outcome = await exchange((_request, response) => {
      const more = (): void => {
        while (written < 50 && !response.destroyed) {
          written += 1;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    expect(outcome).toMatchObject({ kind: 'failed', sent: true, code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    expect(written).toBeLessThan((3 * MAX_RESPONSE_BYTES) / chunk.length);
  });

  test('was not sent when a header cannot be written', async () => {
    const outcome = await exchange((_request, response) => sendJson(response, 200, {}), 1_000, {
      ...GET,
      headers: { 'idempotency-key': 'a\r\nb' },
    });
    expect(outcome).toMatchObject({ kind: 'failed', sent: false, code: 'UND_ERR_INVALID_ARG' });
  });
});

describe('the caller', () => {
  test('gives up with its own reason', async () => {
    await using server = await new ScriptedVendor(systemClock.now).listen();
    const http = new Http({
      baseUrl: new URL(server.url),
      maxConnections: 1,
      timeoutMs: 10_000,
      clock: systemClock,
    });
    const giveUp = new AbortController();
    server.script = () => giveUp.abort(new Error('shutting down'));
    await expect(http.send(GET, giveUp.signal)).rejects.toThrow('shutting down');
    await expect(http.send(GET, giveUp.signal)).rejects.toThrow('shutting down');
    expect(server.received).toHaveLength(1);
    await http.close();
  });
});

test('answers that fail, are too large or are given up never stall a pool of one connection', async () => {
  await using server = await new ScriptedVendor(systemClock.now).listen();
  const http = new Http({
    baseUrl: new URL(server.url),
    maxConnections: 1,
    timeoutMs: 400,
    clock: systemClock,
  });
  const large = Buffer.alloc(5 * 1024 * 1024, 32);
  server.script = (_request, response, count) => {
    if (count % 4 === 0) reset(response);
    else if (count % 4 === 1) response.writeHead(500).end(large);
    else if (count % 4 === 2) response.writeHead(404).end(Buffer.concat([large, large]));
    else response.writeHead(200).write('never ends');
  };
  for (let round = 0; round < 8; round += 1) await http.send(GET);
  server.script = (_request, response) => sendJson(response, 200, { ok: true });
  expect(await http.send(GET)).toMatchObject({ kind: 'answered', text: '{"ok":true}' });
  await http.close();
});

test('headers and body time-outs of the connection itself are set', async () => {
  // A clock whose time-outs never come: what ends this exchange is the connection's own time-out.
  const clock = { ...systemClock, timeoutSignal: () => new AbortController().signal };
  await using server = await new ScriptedVendor(systemClock.now).listen();
  const http = new Http({ baseUrl: new URL(server.url), maxConnections: 1, timeoutMs: 100, clock });
  server.script = () => undefined;
  expect(await http.send(GET)).toMatchObject({ sent: true, code: 'UND_ERR_HEADERS_TIMEOUT' });
  server.script = (_request, response) => response.writeHead(200).write('a');
  expect(await http.send(GET)).toMatchObject({ sent: true, code: 'UND_ERR_BODY_TIMEOUT' });
  await http.close();
});

test('what was given up while it waited for a connection never leaves', async () => {
  await using server = await new ScriptedVendor(systemClock.now).listen();
  const patience = [10_000, 50, 10_000];
  const clock = { ...systemClock, timeoutSignal: () => AbortSignal.timeout(patience.shift() as number) };
  const http = new Http({ baseUrl: new URL(server.url), maxConnections: 1, timeoutMs: 10_000, clock });
  let release = (): void => undefined;
  server.script = (_request, response) => {
    release = () => sendJson(response, 200, { ok: true });
  };
  const first = http.send(GET);
  await expect.poll(() => server.received.length).toBe(1);
  const second = await http.send({ ...GET, path: '/too-late' });
  expect(second).toMatchObject({ kind: 'failed', sent: false, code: 'TOTAL_TIMEOUT' });
  release();
  expect(await first).toMatchObject({ kind: 'answered' });
  server.script = (_request, response) => sendJson(response, 200, { ok: true });
  expect(await http.send(GET)).toMatchObject({ kind: 'answered' });
  expect(server.received.map(({ url }) => url)).toEqual(['/thing', '/thing']);
  await http.close();
});
