import { describe, expect, it } from 'vitest';
import { SETTABLE_STATES } from '../../src/domain/change.ts';
import {
  disagree,
  PHANTOM_AFTER_MS,
  type Phantom,
  presenceFor,
  type Side,
  type Sides,
  stepPresence,
} from '../../src/domain/presence.ts';
import type { StateWords } from '../../src/domain/state.ts';

const NOW = Date.UTC(2026, 2, 2, 9);
const WORDS: StateWords = {
  stateMap: new Map([['logged out', 'offline']]),
  offlineStates: new Set(['offline', 'logged off']),
};

/** A side that changed so many seconds ago; `-` is absent. */
function side(state: string, secondsAgo = 0): Side {
  return state === '-' ? undefined : { state, updatedAt: NOW - secondsAgo * 1000 };
}

function sides(presence: string, telephony: string, secondsAgo = 0): Sides {
  return { presence: side(presence, secondsAgo), telephony: side(telephony, secondsAgo) };
}

describe('presence and telephony', () => {
  it.each([
    ['online', 'available', false],
    ['online', 'talking', false],
    ['online', 'lunch', false],
    ['Online', 'Offline', true],
    ['online', 'Logged Off', true],
    ['online', 'Logged Out', true],
    ['online', '-', true],
    ['away', 'available', false],
    ['away', 'offline', false],
    ['away', '-', false],
    ['offline', 'offline', false],
    ['offline', ' Logged Out', false],
    ['offline', '-', false],
    ['offline', 'available', true],
    ['offline', 'acw', true],
    ['-', 'available', true],
    ['-', 'offline', false],
    ['-', 'Logged Out', false],
    ['-', '-', false],
  ])('%s and %s disagree: %s', (presence, telephony, expected) => {
    expect(disagree(sides(presence, telephony), WORDS)).toBe(expected);
  });

  it.each([
    ['online', 'Online', false],
    ['online', 'Offline', false],
    ['offline', 'Online', true],
    ['offline', 'Offline', true],
    ['away', 'Online', false],
    ['offline', 'Pause', false],
    ['offline', 'Away', true],
  ])(
    '%s and %s disagree where the map has those words for telephony: %s',
    (presence, telephony, expected) => {
      // "Pause" is offline in our words, "away" only in the vendor's.
      const stateMap = new Map([
        ['online', 'available'],
        ['offline', 'busy'],
        ['pause', 'gone'],
        ['away', 'lunch'],
      ]);
      const words = { stateMap, offlineStates: new Set(['gone', 'away']) };
      expect(disagree(sides(presence, telephony), words)).toBe(expected);
    },
  );

  it('go together as the states that can be set', () => {
    expect(SETTABLE_STATES.map((state) => `${state} ${presenceFor(state)}`)).toEqual([
      'available online',
      'busy online',
      'offline offline',
      'lunch away',
      'meeting away',
      'custom away',
    ]);
  });
});

describe('a disagreement', () => {
  const phantom: Phantom = {
    since: NOW - PHANTOM_AFTER_MS,
    told: false,
    presence: 'online',
    telephony: 'offline',
  };
  const step = (known: Phantom | undefined, now: Sides, at = NOW) => stepPresence(known, now, WORDS, at);

  it('is kept from when it began, and not told of for 30 seconds', () => {
    expect(step(undefined, sides('online', 'offline', 4))).toEqual({
      next: { since: NOW - 4_000, told: false, presence: 'online', telephony: 'offline' },
      event: undefined,
    });
    expect(step(phantom, sides('online', 'offline')).event).toBeUndefined();
  });

  it('is told of once it has lasted longer, and only once', () => {
    const first = step(phantom, sides('online', 'offline'), NOW + 1);
    expect(first).toEqual({ next: { ...phantom, told: true }, event: 'phantom_availability' });
    expect(step(first.next, sides('online', 'offline'), NOW + 60_000)).toEqual({
      next: { ...phantom, told: true },
      event: undefined,
    });
  });

  it('is kept in the word that was read, not in ours', () => {
    expect(step(undefined, sides('online', 'Logged Out')).next?.telephony).toBe('Logged Out');
  });

  it('does not begin where only the word differs, however long', () => {
    const silent = { next: undefined, event: undefined };
    expect(step(undefined, sides('offline', 'Logged Out', 31))).toEqual(silent);
    expect(step({ ...phantom, presence: 'offline' }, sides('offline', 'Logged Out', 31))).toEqual(silent);
  });

  it('that both sides date back further than that is told of when it is first seen', () => {
    expect(step(undefined, sides('online', 'offline', 31)).event).toBe('phantom_availability');
  });

  it('began when the later of both sides changed', () => {
    const mixed = { presence: side('online', 300), telephony: side('offline', 20) };
    expect(step(undefined, mixed).next?.since).toBe(NOW - 20_000);
  });

  it('with an absent side counts from when it is first seen', () => {
    expect(step(undefined, { presence: side('online', 300), telephony: undefined }).next).toEqual({
      since: NOW,
      told: false,
      presence: 'online',
      telephony: 'absent',
    });
    expect(step(undefined, { presence: undefined, telephony: side('available', 300) }).next).toMatchObject({
      since: NOW,
      presence: 'absent',
    });
  });

  it("does not begin in the future where the engine's clock is ahead", () => {
    expect(step(undefined, sides('online', 'offline', -3)).next?.since).toBe(NOW);
  });

  it('goes on when a side changes without agreeing', () => {
    expect(step(phantom, sides('online', '-')).next).toEqual({ ...phantom, telephony: 'absent' });
  });

  it('ends by itself when they agree, and that is told if it was', () => {
    expect(step(phantom, sides('online', 'available'))).toEqual({ next: undefined, event: undefined });
    expect(step({ ...phantom, told: true }, sides('online', 'available'))).toEqual({
      next: undefined,
      event: 'phantom_availability_ended',
    });
    expect(step(undefined, sides('online', 'available'))).toEqual({ next: undefined, event: undefined });
  });
});
