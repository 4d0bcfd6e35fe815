import { describe, expect, it } from 'vitest';
import { hearPoll, hearPush, missInPoll, type RegisteredSession } from '../../src/domain/registry.ts';
import { isLive, isProtected, type Session, sessionStateOf } from '../../src/domain/session.ts';

function session(state: Session['state'], more: Partial<Session> = {}): Session {
  return {
    sessionId: 's',
    userId: 'u',
    state,
    mediaType: 'voice',
    direction: undefined,
    skillId: undefined,
    acwRemainingSeconds: undefined,
    ...more,
  };
}

/** What is known after news in the order in which they came; what changes nothing is passed over. */
function heard(...news: readonly (readonly ['push' | 'poll', Session['state'], number, number?])[]) {
  let known: RegisteredSession | undefined;
  for (const [how, state, at, receivedAt = at] of news) {
    const next =
      how === 'push'
        ? hearPush(known, { session: session(state), at, receivedAt })
        : hearPoll(known, session(state), at);
    known = next ?? known;
  }
  return known;
}

describe('what is known of a session', () => {
  it.each([
    ['a push', [['push', 'talking', 10]], 'talking', 10],
    ['a poll', [['poll', 'talking', 10]], 'talking', 10],
    [
      'pushes in order',
      [
        ['push', 'talking', 10],
        ['push', 'acw', 20],
      ],
      'acw',
      20,
    ],
    [
      'pushes out of order',
      [
        ['push', 'acw', 20],
        ['push', 'talking', 10, 30],
      ],
      'acw',
      20,
    ],
    [
      'an end before what led to it',
      [
        ['push', 'ended', 30],
        ['push', 'acw', 20, 40],
      ],
      'ended',
      30,
    ],
    [
      'the same push twice',
      [
        ['push', 'acw', 20],
        ['push', 'acw', 20, 50],
      ],
      'acw',
      20,
    ],
    [
      'two states of one instant, the later one',
      [
        ['push', 'talking', 20],
        ['push', 'acw', 20],
      ],
      'acw',
      20,
    ],
    [
      'an end and a state of one instant',
      [
        ['push', 'ended', 20],
        ['push', 'acw', 20],
      ],
      'ended',
      20,
    ],
    [
      'a state told again later',
      [
        ['push', 'acw', 20],
        ['push', 'acw', 25],
      ],
      'acw',
      20,
    ],
    [
      'a push that says since when a polled state lasts',
      [
        ['poll', 'acw', 25],
        ['push', 'acw', 20, 26],
      ],
      'acw',
      20,
    ],
    [
      'a poll that sees the same state',
      [
        ['push', 'acw', 20],
        ['poll', 'acw', 40],
      ],
      'acw',
      20,
    ],
    [
      'a poll that sees another state',
      [
        ['push', 'talking', 20],
        ['poll', 'acw', 40],
      ],
      'acw',
      40,
    ],
    [
      'a push older than the poll',
      [
        ['poll', 'acw', 40],
        ['push', 'talking', 30, 50],
      ],
      'acw',
      40,
    ],
    [
      'a push newer than the poll',
      [
        ['poll', 'talking', 40],
        ['push', 'acw', 45],
      ],
      'acw',
      45,
    ],
    [
      'an end that looks older than the poll',
      [
        ['poll', 'acw', 40],
        ['push', 'ended', 39, 50],
      ],
      'ended',
      39,
    ],
    [
      'a poll sent before the last push came',
      [
        ['push', 'acw', 20, 50],
        ['poll', 'talking', 40],
      ],
      'acw',
      20,
    ],
    [
      'a poll sent between two pushes',
      [
        ['push', 'talking', 10],
        ['push', 'acw', 20, 50],
        ['poll', 'talking', 40],
      ],
      'acw',
      20,
    ],
    [
      'a push told late, and then a poll sent since the one before',
      [
        ['push', 'talking', 10, 50],
        ['push', 'acw', 20, 30],
        ['poll', 'hold', 40],
      ],
      'acw',
      20,
    ],
    [
      'a poll sent when the last push came',
      [
        ['push', 'talking', 20, 50],
        ['poll', 'acw', 50],
      ],
      'acw',
      50,
    ],
    [
      'a poll older than the last',
      [
        ['poll', 'acw', 50],
        ['poll', 'talking', 40],
      ],
      'acw',
      50,
    ],
    [
      'a session that is back, says the vendor',
      [
        ['push', 'ended', 20],
        ['poll', 'acw', 30],
      ],
      'acw',
      30,
    ],
  ] as const)('is, after %s', (_, news, state, at) => {
    expect(heard(...news)).toMatchObject({ state, at });
  });

  it('keeps what a push leaves out, and drops the rest of a timer with its state', () => {
    const full = { direction: 'inbound', skillId: 'sk', acwRemainingSeconds: 40 };
    const known = hearPoll(undefined, session('acw', full), 10)!;
    const pushed = { session: session('acw'), at: 10, receivedAt: 11 };
    expect(hearPush(known, pushed)).toMatchObject(full);
    expect(
      hearPush(known, { ...pushed, session: session('acw', { acwRemainingSeconds: 30 }) }),
    ).toMatchObject({ acwRemainingSeconds: 30 });
    const left = hearPush(known, { ...pushed, session: session('ended'), at: 20 });
    expect(left).toMatchObject({ direction: 'inbound', skillId: 'sk', acwRemainingSeconds: undefined });
  });

  it('has ended when a poll of all does not show it, unless something was heard since', () => {
    const known = heard(['push', 'talking', 10, 20])!;
    expect(missInPoll(known, 19)).toBeUndefined();
    expect(missInPoll(known, 20)).toMatchObject({ state: 'ended', at: 20, acwRemainingSeconds: undefined });
  });
});

describe('the state of a session', () => {
  it.each([
    [' Talking ', 'talking', true, true],
    ['RINGING', 'ringing', true, true],
    ['hold', 'hold', true, true],
    ['queued', 'queued', true, false],
    ['acw', 'acw', true, false],
    ['ended', 'ended', false, false],
    ['transferring', 'unknown', true, true],
  ])('%j is %s', (word, state, protects, live) => {
    expect(sessionStateOf(word)).toBe(state);
    expect(isProtected({ state: sessionStateOf(word) })).toBe(protects);
    expect(isLive({ state: sessionStateOf(word) })).toBe(live);
  });
});
