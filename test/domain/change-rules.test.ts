import { describe, expect, it } from 'vitest';
import type { Change, SettableState, WantedStatus } from '../../src/domain/change.ts';
import {
  type AgentView,
  type ChangeRules,
  decideChange,
  loggedFrom,
  type StateAt,
} from '../../src/domain/change-rules.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { Session, SessionState } from '../../src/domain/session.ts';

const NOW = Date.UTC(2026, 2, 2, 9);
const MINUTE = 60_000;
const RULES: ChangeRules = {
  skillChannels: new Map([
    ['sk_voice', 'voice'],
    ['sk_chat', 'webchat'],
  ]),
  stateMap: new Map([['wrap up', 'acw']]),
  offlineStates: new Set([...DEFAULT_POLICY.offlineStates, 'logged off']),
};

function wanting(state: SettableState, groups: Partial<WantedStatus> = {}): WantedStatus {
  return { state, skillGroups: [], routingGroups: [], ...groups };
}

/** A request of a minute ago for lunch, with half an hour's time. */
function change(given: Partial<Change> = {}): Change {
  return {
    changeId: 'chg_1',
    userId: 'usr_1',
    wanted: wanting('lunch'),
    reason: 'break',
    withPresence: false,
    requestedBy: 'olga',
    requestedAt: NOW - MINUTE,
    deadlineAt: NOW + 29 * MINUTE,
    status: 'queued',
    baseline: undefined,
    sendings: 0,
    unansweredAt: undefined,
    supersededBy: undefined,
    waitingFor: [],
    updatedAt: undefined,
    why: undefined,
    ...given,
  };
}

/** The same, put off while the agent was talking. */
function putOff(given: Partial<Change> = {}): Change {
  return change({ baseline: { state: 'talking', updatedAt: NOW - 2 * MINUTE }, ...given });
}

function session(mediaType: string, state: SessionState, sessionId = 's1'): Session {
  const unsaid = { direction: undefined, skillId: undefined, acwRemainingSeconds: undefined };
  return { sessionId, userId: 'usr_1', mediaType, state, ...unsaid };
}

/** An agent in this state for ten seconds. */
function agent(state: string, ...sessions: readonly Session[]): AgentView {
  return { status: { state, updatedAt: NOW - 10_000 }, sessions };
}

const ABSENT: AgentView = { status: undefined, sessions: [] };

function decide(
  about: Change,
  view: AgentView,
  { logged = [], sessionsUntil = NOW - 3 * MINUTE }: { logged?: StateAt[]; sessionsUntil?: number } = {},
) {
  return decideChange(about, view, { logged, sessionsUntil }, RULES, NOW);
}

/** So many seconds ago. */
function ago(state: string, seconds: number): StateAt {
  return { state, at: NOW - seconds * 1000 };
}

describe('a change', () => {
  it('is sent where nothing stands in its way', () => {
    expect(decide(change(), agent('available'))).toMatchObject({ does: 'send', wanted: wanting('lunch') });
  });

  it('waits for sessions', () => {
    expect(decide(change(), agent('talking', session('voice', 'talking')))).toMatchObject({
      does: 'wait',
      waitingFor: ['s1'],
    });
  });

  it.each(['lunch', 'Lunch', ' LUNCH '])('is done already where the agent is in %j', (state) => {
    expect(decide(change(), agent(state))).toMatchObject({
      does: 'already_applied',
      why: 'the agent is lunch already',
    });
  });

  it('is done already even while sessions are up', () => {
    const view = agent('busy', session('webchat', 'talking'));
    expect(decide(change({ wanted: wanting('busy') }), view).does).toBe('already_applied');
  });

  it.each(['offline', 'Logged Off'])('to offline is done already where the agent is in %j', (state) => {
    expect(decide(change({ wanted: wanting('offline') }), agent(state)).does).toBe('already_applied');
  });

  it.each([
    { skillGroups: [{ id: 'sk_voice', state: 'available' }] },
    { routingGroups: [{ id: 'rg_1', state: 'available' }] },
  ])('that names groups is sent again, because what they are in cannot be read: %j', (groups) => {
    expect(decide(change({ wanted: wanting('lunch', groups) }), agent('lunch'))).toMatchObject({
      does: 'send',
      wanted: groups,
    });
  });

  it('is refused where the agent is absent', () => {
    expect(decide(change(), ABSENT)).toMatchObject({
      does: 'refused',
      why: expect.stringContaining('the agent is absent'),
    });
    expect(decide(change({ wanted: wanting('offline') }), ABSENT).does).toBe('refused');
  });

  it('waits where the agent is in wrap-up by his status and no session is listed', () => {
    for (const state of ['queued', 'ringing', 'talking', 'hold', 'acw', 'Wrap Up']) {
      expect(decide(change(), agent(state))).toMatchObject({ does: 'wait', waitingFor: [] });
    }
  });

  it('is not sent once its time has run out, to the millisecond', () => {
    expect(decide(change({ deadlineAt: NOW }), agent('available'))).toMatchObject({ does: 'expired' });
    expect(decide(change({ deadlineAt: NOW + 1 }), agent('available')).does).toBe('send');
  });
});

describe('a change to busy', () => {
  const busy = wanting('busy');
  const both = [session('voice', 'acw', 'v'), session('webchat', 'talking', 'c')];

  it("goes beside sessions that keep their channel's state", () => {
    expect(decide(change({ wanted: busy }), agent('acw', ...both))).toMatchObject({
      does: 'send',
      wanted: {
        state: 'busy',
        skillGroups: [
          { id: 'sk_chat', state: 'available' },
          { id: 'sk_voice', state: 'acw' },
        ],
      },
      why: 'each session keeps a state of its own channel',
    });
  });

  it('goes on waiting for a session that it was once put off for', () => {
    const waiting = change({ wanted: busy, waitingFor: ['v', 'gone'] });
    expect(decide(waiting, agent('acw', ...both))).toMatchObject({ does: 'wait', waitingFor: ['v'] });
    expect(decide(waiting, agent('talking', session('webchat', 'talking', 'c'))).does).toBe('send');
  });
});

describe('a sending that nobody answered', () => {
  const sent = { sendings: 1, unansweredAt: NOW - 60_000 };

  it('took effect when the status read says so, at the instant that the engine says', () => {
    expect(decide(change(sent), agent('lunch'))).toMatchObject({ does: 'applied', seen: ago('lunch', 10) });
  });

  it('took effect when the log says so, whatever came after, and though the time is over', () => {
    const logged = [ago('available', 90), ago('Lunch', 58), ago('meeting', 20)];
    expect(decide(putOff({ ...sent, deadlineAt: NOW }), agent('meeting'), { logged })).toMatchObject({
      does: 'applied',
      seen: ago('Lunch', 58),
    });
    expect(decide(change(sent), ABSENT, { logged })).toMatchObject({ does: 'applied' });
  });

  it.each([
    [65_000, 'applied'],
    [65_001, 'already_applied'],
  ])('that the engine dates %i ms back: %s', (backMs, does) => {
    const status = { state: 'lunch', updatedAt: NOW - backMs };
    expect(decide(change(sent), { status, sessions: [] }).does).toBe(does);
  });

  it('is sent again when it shows to have had no effect, three times in all', () => {
    expect(decide(change(sent), agent('available')).does).toBe('send');
    expect(decide(change({ ...sent, sendings: 2 }), agent('available')).does).toBe('send');
    expect(decide(change({ ...sent, sendings: 3 }), agent('available'))).toMatchObject({
      does: 'wait',
      why: 'it was sent 3 times without an answer',
    });
  });

  it('that was overtaken by a newer request is looked for, and sent no more', () => {
    const overtaken = { ...sent, supersededBy: 'chg_2' };
    expect(decide(change(overtaken), agent('lunch')).does).toBe('applied');
    expect(decide(change(overtaken), agent('available'))).toMatchObject({
      does: 'superseded',
      why: 'superseded by chg_2',
    });
    expect(decide(change({ ...overtaken, deadlineAt: NOW }), ABSENT).does).toBe('superseded');
  });

  it('that was answered with a no may be sent again', () => {
    expect(decide(change({ sendings: 3 }), agent('available')).does).toBe('send');
  });

  it('that was answered after all has nothing to do with what the agent is in now', () => {
    expect(decide(change({ sendings: 1 }), agent('lunch')).does).toBe('already_applied');
  });
});

describe('a change that was put off', () => {
  it.each(['available', 'acw', 'Wrap Up', 'talking', 'ringing', 'hold', 'queued'])(
    'stands when the session ends in %s',
    (state) => {
      expect(['send', 'wait']).toContain(decide(putOff(), agent(state)).does);
    },
  );

  it.each<[string, StateAt[], string, string]>([
    ['set to another state', [], 'meeting', 'somebody else set the agent to meeting'],
    [
      'set to another state and back',
      [ago('meeting', 50)],
      'available',
      'somebody else set the agent to meeting',
    ],
    ['logged out', [], 'offline', 'the agent has logged out'],
    ['logged out, in words of the tenant', [], 'Logged Off', 'the agent has logged out'],
    ['logged out and in again', [ago('offline', 50)], 'available', 'the agent has logged out'],
    [
      'set busy when no session was up',
      [ago('busy', 50)],
      'available',
      'somebody else set the agent to busy',
    ],
  ])('is void when the agent was %s', (_, logged, state, why) => {
    expect(decide(putOff(), agent(state), { logged })).toMatchObject({ does: 'void', why });
  });

  it('is void for an absent agent', () => {
    expect(decide(putOff(), ABSENT).does).toBe('void');
  });

  it('stands when the log shows nothing but the life of sessions', () => {
    const logged = [
      ago('acw', 100),
      ago('available', 80),
      ago('ringing', 70),
      ago('talking', 60),
      ago('acw', 30),
    ];
    expect(decide(putOff(), agent('available'), { logged }).does).toBe('send');
  });

  it('stands when the agent is what he was', () => {
    const before = { state: 'Meeting', updatedAt: NOW - 2 * MINUTE };
    expect(decide(putOff({ baseline: before }), agent('meeting')).does).toBe('send');
  });

  it('takes no account of what happened before it was put off', () => {
    expect(decide(putOff(), agent('available'), { logged: [ago('meeting', 120)] }).does).toBe('send');
  });

  it('bears busy for as long as sessions were up', () => {
    const logged = [ago('busy', 50)];
    expect(decide(putOff(), agent('available'), { logged, sessionsUntil: NOW - 50_000 }).does).toBe('send');
    expect(decide(putOff(), agent('available'), { logged, sessionsUntil: NOW - 50_001 }).does).toBe('void');
  });

  it('to offline is fulfilled by logging out, and void once the agent is back', () => {
    const wanted = wanting('offline');
    expect(decide(putOff({ wanted }), ABSENT)).toMatchObject({
      does: 'already_applied',
      why: 'the agent has logged out',
    });
    expect(decide(putOff({ wanted }), agent('offline')).does).toBe('already_applied');
    expect(decide(putOff({ wanted }), agent('available'), { logged: [ago('offline', 50)] })).toMatchObject({
      does: 'void',
    });
    const named = wanting('offline', { skillGroups: [{ id: 'sk_voice', state: 'offline' }] });
    expect(decide(putOff({ wanted: named }), agent('offline')).does).toBe('send');
  });

  it('expires rather than being void', () => {
    expect(decide(putOff({ deadlineAt: NOW - 1 }), agent('meeting')).does).toBe('expired');
  });
});

describe('a change whose agent could not be read when it was asked for', () => {
  const unread = (given: Partial<Change> = {}): Change => change({ why: 'status 503', ...given });

  it.each<[string, StateAt[], string, string]>([
    ['logged out', [], 'offline', 'the agent has logged out'],
    ['logged out and in again', [ago('offline', 30)], 'available', 'the agent has logged out'],
    ['set to another state', [], 'meeting', 'somebody else set the agent to meeting'],
  ])('is void when the agent was %s since', (_, logged, state, why) => {
    expect(decide(unread(), agent(state), { logged })).toMatchObject({ does: 'void', why });
  });

  it.each(['offline', 'meeting'])('is sent to one who was %s before', (state) => {
    expect(decide(unread({ requestedAt: NOW - 12_000 }), agent(state)).does).toBe('send');
    expect(decide(change(), agent(state)).does).toBe('send');
  });

  it('bears the life of sessions, whatever their agent is called meanwhile', () => {
    const logged = [ago('busy', 40), ago('acw', 30)];
    expect(decide(unread(), agent('available'), { logged }).does).toBe('send');
  });

  it('to offline is fulfilled by logging out', () => {
    expect(decide(unread({ wanted: wanting('offline') }), agent('offline')).does).toBe('already_applied');
  });
});

describe('the log', () => {
  it('is needed from the baseline on, or from before a sending that nobody answered', () => {
    expect(loggedFrom(change())).toBeUndefined();
    expect(loggedFrom(change({ why: 'status 503' }))).toBe(NOW - MINUTE + 5_000);
    expect(loggedFrom(putOff())).toBe(NOW - 2 * MINUTE);
    expect(loggedFrom(change({ unansweredAt: NOW }))).toBe(NOW - 5_001);
    expect(loggedFrom(putOff({ unansweredAt: NOW }))).toBe(NOW - 2 * MINUTE);
    expect(loggedFrom(putOff({ unansweredAt: NOW - 2 * MINUTE }))).toBe(NOW - 2 * MINUTE - 5_001);
  });
});
