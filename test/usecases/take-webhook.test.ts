import { describe, expect, it } from 'vitest';
import type { Transition } from '../../src/domain/transition.ts';
import { type PushedDeps, PushedEvents, readPushed } from '../../src/usecases/take-webhook.ts';
import type { SessionEvent } from '../../src/usecases/web-ports.ts';

const NOW = Date.UTC(2026, 2, 2, 8);

function pushed(userId: string, sessionId?: string) {
  const type = sessionId === undefined ? 'agent.state.changed' : 'session.state.changed';
  const ids = { eventId: `e-${userId}`, userId, ...(sessionId && { sessionId, mediaType: 'voice' }) };
  const event = readPushed(
    { type, data: { ...ids, state: 'acw', updatedTimestamp: '2026-03-02T07:59:00Z' } },
    NOW,
  );
  if ('field' in event) throw new Error(`${event.field} ${event.message}`);
  return event;
}

/** A store that remembers its commits, and fails on demand. */
function recorder() {
  const commits: string[][] = [];
  const state = { fails: false };
  const record = async (ids: string[]) => {
    if (state.fails) throw new Error('disk full');
    commits.push(ids);
    return { stored: ids.length, duplicates: 0 };
  };
  const deps: PushedDeps = {
    store: {
      recordTransitions: (transitions: readonly Transition[]) =>
        record(transitions.map(({ userId }) => userId)),
      recordSessionEvents: (events: readonly SessionEvent[]) =>
        record(events.map(({ sessionId }) => sessionId)),
    },
    reopenRule: () => ({ marginMs: 0, closedBefore: 0 }),
  };
  return { commits, state, events: new PushedEvents(deps) };
}

describe('pushed events', () => {
  it('that come in one turn are one commit of each kind, in the order in which they came', async () => {
    const { commits, events } = recorder();
    await Promise.all(
      [pushed('u1'), pushed('u2', 's1'), pushed('u3'), pushed('u1')].map((event) => events.take(event)),
    );
    expect(commits).toEqual([['u1', 'u3', 'u1'], ['s1']]);
  });

  it('that are more than fit go in several commits, none forgotten', async () => {
    const { commits, events } = recorder();
    await Promise.all(Array.from({ length: 600 }, (_, index) => events.take(pushed(`u${index}`))));
    expect(commits.map(({ length }) => length)).toEqual([256, 256, 88]);
  });

  it('that could not be stored fail, and the next ones do not', async () => {
    const { commits, events, state } = recorder();
    state.fails = true;
    const refused = await Promise.allSettled([events.take(pushed('u1')), events.take(pushed('u2'))]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    state.fails = false;
    await events.take(pushed('u3'));
    expect(commits).toEqual([['u3']]);
  });

  it('keep the instant of the engine, and say when we learned of it', () => {
    expect(pushed('u1')).toMatchObject({
      transition: { at: NOW - 60_000, receivedAt: NOW, source: 'webhook', eventId: 'e-u1' },
    });
  });
});
