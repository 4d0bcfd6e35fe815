import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { authorization, codeOf, type Service, serviceOfTest } from './support.ts';

/* Clients that take their time, over real sockets, with a service that has less patience than usual. */

const IMPATIENT = { requestMs: 5_000, answerMs: 400, idleMs: 800 };
const PART = 'x'.repeat(65_536);
const PARTS = 400;

/** A download of 26 MB, more than any buffer between the two holds; told of when it is left off or has been sent. */
function longDownload(service: Service): { readonly ended: () => string | undefined } {
  let ended: string | undefined;
  service.program.exportCsv = async function* parts() {
    try {
      for (let part = 0; part < PARTS; part++) yield PART;
      ended = 'sent';
    } finally {
      ended ??= 'left off';
    }
  };
  return { ended: () => ended };
}

async function ask(service: Service, path: string): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const { authorization: token } = authorization('analyst');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nConnection: close\r\n\r\n`);
  return socket;
}

/** Reads so much at a time, with pauses. @returns how many bytes came until the other side ended. */
async function readSlowly(socket: Socket, bytesAtOnce: number, pauseMs: number): Promise<number> {
  let bytes = 0;
  let sinceMs = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    sinceMs += chunk.length;
    if (sinceMs < bytesAtOnce) continue;
    sinceMs = 0;
    await pause(pauseMs);
  }
  return bytes;
}

describe('a client that is slow', { timeout: 30_000 }, () => {
  it('in reading is hung up on once nothing has moved for a while, and its download is left off', async () => {
    const service = await serviceOfTest({}, IMPATIENT);
    const { ended } = longDownload(service);
    const socket = await ask(service, '/reports/drift.csv');
    const gone = once(socket, 'close');
    socket.on('error', () => undefined).pause();
    await vi.waitFor(() => expect(ended()).toBe('left off'), { timeout: 10_000 });
    expect((await service.get('/healthz', 'nobody')).status).toBe(200);
    // What had arrived before is still there to read; then the connection is at its end.
    socket.resume();
    await gone;
    expect(socket.bytesRead).toBeLessThan(PARTS * PART.length);
  });

  it('but goes on reading gets all of it, for many times as long as any other answer may take', async () => {
    const service = await serviceOfTest({}, IMPATIENT);
    const { ended } = longDownload(service);
    const begunAt = performance.now();
    const bytes = await readSlowly(await ask(service, '/reports/drift.csv'), 2_000_000, 250);
    expect(bytes).toBeGreaterThan(PARTS * PART.length);
    expect(ended()).toBe('sent');
    expect(performance.now() - begunAt).toBeGreaterThan(5 * IMPATIENT.answerMs);
  });

  it('in sending is told that it took too long', async () => {
    const service = await serviceOfTest({}, { ...IMPATIENT, requestMs: 500, idleMs: 5_000 });
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /api/runs HTTP/1.1\r\nHost: x\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });
});

describe('an answer that takes too long', () => {
  it('is given up with a problem that says so, for programs and for people', async () => {
    const service = await serviceOfTest({}, IMPATIENT);
    service.program.store.findingStory = () => new Promise(() => undefined);
    expect(codeOf(await service.get('/api/findings/f1'))).toBe('503 took_too_long');
    const page = await service.get('/findings/f1', 'supervisor', { accept: 'text/html' });
    expect(page.status).toBe(503);
    expect(page.text).toContain('Ask for less at once');
    expect((await service.get('/healthz', 'nobody')).status).toBe(200);
  });

  it('comes to nothing when it is ready after all', async () => {
    const service = await serviceOfTest({}, IMPATIENT);
    let answer: (story: undefined) => void = () => undefined;
    service.program.store.findingStory = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    expect(codeOf(await service.get('/api/findings/f1'))).toBe('503 took_too_long');
    answer(undefined);
    await pause(50);
    expect((await service.get('/readyz', 'nobody')).status).toBe(200);
  });
});
