import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Push } from '../../src/simulator/pushes.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { Vendor } from '../../src/simulator/vendor.ts';
import { NOW } from './client.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

interface Event {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly eventId: string };
}

function playing({ agents = 20, everyMs = 1_000, hours = 3, seed = 5 } = {}) {
  const clock = { now: NOW };
  const vendor = new Vendor({ seed, agents, channels: true, webhookSecret: SECRET, clock: () => clock.now });
  const pushes: { readonly at: number; readonly push: Push }[] = [];
  const play = (until: number): void => {
    while (clock.now < until) {
      clock.now += everyMs;
      for (const push of vendor.duePushes()) pushes.push({ at: clock.now, push });
    }
  };
  play(NOW + hours * HOUR_MS);
  return { vendor, clock, pushes, play };
}

const eventOf = ({ push }: { readonly push: Push }) => JSON.parse(push.body) as Event;
const instantOf = (event: Event) => Date.parse(String(event.data.updatedTimestamp));

describe('what is pushed', () => {
  test('is what happened: each change of an agent and of a session, and nothing else', () => {
    const { vendor, pushes, clock, play } = playing();
    const to = clock.now;
    play(to + 5 * MINUTE_MS);
    const events = new Map(pushes.map(eventOf).map((event) => [event.data.eventId, event]));
    const inTime = [...events.values()].filter((event) => instantOf(event) > NOW && instantOf(event) <= to);
    const users = vendor.centre.users(0, 20);
    const statuses = users.flatMap(({ userId }) =>
      vendor.truth(userId, NOW + 1, to + 1).map(({ state, at }) => `${userId} ${state} ${at}`),
    );
    const told = inTime.filter(({ type }) => type === 'agent.state.changed');
    expect(told.map((one) => `${one.data.userId} ${one.data.state} ${instantOf(one)}`).sort()).toEqual(
      statuses.sort(),
    );
    const phases = users.flatMap((user) =>
      [...vendor.floor.look(user, clock.now).sessions.values()].flatMap((session) =>
        session.phases
          .filter(({ at }) => at > NOW && at <= to)
          .map(({ state, at }) => `${session.origin.id} ${session.origin.mediaType} ${state} ${at}`),
      ),
    );
    const sessions = inTime.filter(({ type }) => type === 'session.state.changed');
    expect(
      sessions
        .map(
          ({ data }) =>
            `${data.sessionId} ${data.mediaType} ${data.state} ${Date.parse(String(data.updatedTimestamp))}`,
        )
        .sort(),
    ).toEqual(phases.sort());
    expect(phases.length).toBeGreaterThan(200);
    expect(
      sessions.filter(({ data }) => data.acwRemaining !== undefined).map(({ data }) => data.state),
    ).toContain('acw');
  });

  test('comes late, out of order and more than once, but mostly at once', () => {
    const { pushes } = playing({ hours: 6 });
    const first = new Map(pushes.toReversed().map((one) => [eventOf(one).data.eventId, one]));
    const delays = [...first.values()].map((one) => one.at - instantOf(eventOf(one)));
    const share = (more: number) => delays.filter((ms) => ms > more).length / delays.length;
    expect(share(2_000)).toBeGreaterThan(0.05);
    expect(share(2_000)).toBeLessThan(0.2);
    expect(share(15_000)).toBeGreaterThan(0);
    expect(pushes.length - first.size).toBeGreaterThan(0);
    const instants = pushes.map((one) => instantOf(eventOf(one)));
    expect(instants.some((at, place) => place > 0 && at < instants[place - 1]!)).toBe(true);
  });

  test('hangs on the seed and not on how often it is asked for', () => {
    const ids = (everyMs: number) =>
      playing({ everyMs, hours: 1 }).pushes.map(({ push }) => push.headers['webhook-id']);
    const often = ids(1_000);
    expect(ids(60_000).sort()).toEqual([...often].sort());
    expect(often.length).toBeGreaterThan(50);
  });

  test('is signed as the standard has it', () => {
    for (const { push } of playing({ hours: 1 }).pushes) {
      const {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature,
      } = push.headers;
      expect(signature).toBe(new Webhook(SECRET).sign(id!, new Date(Number(timestamp) * 1000), push.body));
    }
  });

  test('tells of what was written, too', async () => {
    const { vendor, clock, play, pushes } = playing({ hours: 0, agents: 1 });
    vendor.script.take('usr_000001', 'available');
    clock.now += MINUTE_MS;
    const id = vendor.script.begin('usr_000001', { mediaType: 'webchat', state: 'talking' });
    clock.now += MINUTE_MS;
    vendor.script.set('usr_000001', 'lunch');
    play(clock.now + 5 * MINUTE_MS);
    const states = new Set(pushes.map(eventOf).map(({ data }) => `${data.sessionId ?? ''} ${data.state}`));
    expect(states).toContain(`${id} talking`);
    expect(states).toContain(' lunch');
  });
});

describe('the simulator as a server', () => {
  test('posts what is due, and again what was not taken', async () => {
    const bodies: string[] = [];
    const server = createServer((message, response) => {
      message.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      message.on('end', () => response.writeHead(bodies.length === 1 ? 500 : 202).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let now = NOW;
    const simulator = await startSimulator({
      seed: 5,
      agents: 1,
      clock: () => now,
      webhookSecret: SECRET,
      webhookUrl: `http://127.0.0.1:${port}/webhooks/cxone`,
    });
    onTestFinished(async () => {
      await simulator.close();
      server.close();
    });
    simulator.vendor.script.take('usr_000001', 'meeting');
    now += 3 * MINUTE_MS;
    await expect.poll(() => simulator.vendor.counts.of('push failed')).toBe(1);
    now += 10_000;
    await expect.poll(() => bodies.indexOf(bodies[0] ?? '', 1)).toBeGreaterThan(0);
    await expect.poll(() => simulator.vendor.counts.of('push taken')).toBe(bodies.length - 1);
  });
});
