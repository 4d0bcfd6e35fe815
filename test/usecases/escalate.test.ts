import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { auditEntry } from '../../src/usecases/audit-entry.ts';
import { deliverEscalations, escalationOf } from '../../src/usecases/escalate.ts';
import { escalationPoster } from '../../src/web/monitoring/escalation.ts';
import { escalate } from '../contract/control-fixtures.ts';
import { AcwRoom } from '../support/acw-room.ts';

const KEYS = [Buffer.alloc(24, 1), Buffer.alloc(32, 2)];
const SECRET_PATH = '/hooks/c4n4ry';

interface Taken {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Somebody who is told, over loopback, and answers as the test says. */
async function receiver(answer: (response: ServerResponse, count: number) => void) {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      taken.push({ headers: request.headers, body });
      answer(response, taken.length);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const hangUp = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return {
    taken,
    hangUp,
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET_PATH}`),
  };
}

const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end();

/** A room with escalations that wait. */
async function waiting(count = 1): Promise<AcwRoom> {
  const room = new AcwRoom();
  for (let i = 0; i < count; i++) {
    const escalation = escalationOf('acw_bypassed', `s${i}`, room.clock.now(), {
      sessionId: `s${i}`,
      why: 'ü',
    });
    const audit = auditEntry(room.clock.now(), 'acw', 'acw_bypassed', { why: 'test' });
    await escalate(room.store, escalation, audit);
  }
  return room;
}

function deliver(room: AcwRoom, url: URL, timeoutMs = 5_000) {
  const { store, log, clock } = room;
  const timed = {
    now: () => clock.now(),
    sleep: clock.sleep.bind(clock),
    timeoutSignal: () => AbortSignal.timeout(timeoutMs),
  };
  const post = escalationPoster({ url, keys: KEYS }, timed);
  return deliverEscalations({ store, clock, log, post, random: () => 1 });
}

describe('an escalation', () => {
  it('is posted signed with every key, as Standard Webhooks says, and once', async () => {
    const room = await waiting();
    const { url, taken } = await receiver(status(204));
    expect(await deliver(room, url)).toEqual({ delivered: 1, waiting: 0, givenUp: 0 });
    expect(await deliver(room, url)).toEqual({ delivered: 0, waiting: 0, givenUp: 0 });
    const [first, ...others] = taken;
    expect(others).toEqual([]);
    // The peer looks at the machine's clock; our room's is another day.
    const { headers, body } = first!;
    const at = Number(headers['webhook-timestamp']) * 1000;
    expect(at).toBe(room.clock.now());
    expect(String(headers['webhook-signature']).split(' ')).toEqual(
      KEYS.map((key) =>
        new Webhook(key.toString('base64')).sign(String(headers['webhook-id']), new Date(at), body),
      ),
    );
    expect(JSON.parse(body)).toMatchObject({ type: 'acw_bypassed', data: { sessionId: 's0', why: 'ü' } });
    expect((await room.events()).at(-1)).toBe('escalation_delivered');
  });

  it('is posted again with the same id and bytes, after waits that grow, until it is taken', async () => {
    const room = await waiting();
    const { url, taken } = await receiver((response, count) => status(count < 5 ? 500 : 200)(response));
    const waits: number[] = [];
    for (let seconds = 0; taken.length < 5 && seconds < 1_000; seconds++) {
      const before = taken.length;
      await deliver(room, url);
      if (taken.length > before) waits.push(seconds);
      await room.wait(1);
    }
    expect(waits).toEqual([0, 5, 15, 35, 75]);
    expect(new Set(taken.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(taken.map(({ body }) => body)).size).toBe(1);
    expect(await room.store.controlFigures()).toMatchObject({ escalationsWaiting: 0 });
  });

  it.each(['seconds', 'a date'])('waits as long as it is told to in %s', async (words) => {
    const room = await waiting();
    const after = words === 'seconds' ? '60' : new Date(room.clock.now() + 60_000).toUTCString();
    const { url, taken } = await receiver(status(429, { 'retry-after': after }));
    await deliver(room, url);
    await room.wait(59);
    await deliver(room, url);
    expect(taken).toHaveLength(1);
    await room.wait(1);
    await deliver(room, url);
    expect(taken).toHaveLength(2);
  });

  it('holds up those behind it for this round only', async () => {
    const room = await waiting(3);
    const { url, taken } = await receiver((response, count) => status(count === 1 ? 503 : 200)(response));
    expect(await deliver(room, url)).toEqual({ delivered: 0, waiting: 1, givenUp: 0 });
    expect(await deliver(room, url)).toEqual({ delivered: 2, waiting: 0, givenUp: 0 });
    expect(taken).toHaveLength(3);
  });

  it('is given up after a day, and at once when nobody wants it any more', async () => {
    const room = await waiting();
    const { url } = await receiver(status(500));
    await room.wait(24 * 3_600);
    expect(await deliver(room, url)).toEqual({ delivered: 0, waiting: 0, givenUp: 1 });
    const other = await waiting();
    const gone = await receiver(status(410));
    expect(await deliver(other, gone.url)).toMatchObject({ givenUp: 1 });
    expect((await other.events()).at(-1)).toBe('escalation_given_up');
  });

  it.each([
    ['nobody listens', undefined, 'ECONNREFUSED'],
    ['nobody answers', () => undefined, 'no answer in time'],
    ['it is sent elsewhere', status(302, { location: 'https://elsewhere.example' }), 'it could not be sent'],
  ] as const)('is tried again where %s, and no word tells where to', async (_, answer, why) => {
    const room = await waiting();
    const { url, hangUp } = await receiver(answer ?? status(200));
    if (answer === undefined) await hangUp();
    expect(await deliver(room, url, 200)).toEqual({ delivered: 0, waiting: 1, givenUp: 0 });
    expect(room.logged).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ why }) }));
    const told = JSON.stringify([room.logged, await room.audit()]);
    expect(told).not.toContain('c4n4ry');
    for (const key of KEYS) expect(told).not.toContain(key.toString('base64'));
  });
});
