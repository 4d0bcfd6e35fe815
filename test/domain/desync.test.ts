import { describe, expect, it } from 'vitest';
import { desyncOf as compare, type SessionDifference } from '../../src/domain/desync.ts';

const AT = Date.UTC(2026, 2, 2, 9);
const WORDS = {
  stateMap: new Map([
    ['logged out', 'offline'],
    ['wrap up', 'acw'],
    ['shift end', 'gone'],
    ['home', 'remote'],
  ]),
  // "Home" is the vendor's word for something else than ours.
  offlineStates: new Set(['offline', 'gone', 'home']),
};
const ENDED = { sessionId: 's1', registry: 'acw', vendor: undefined };

function desyncOf(
  sessions: readonly SessionDifference[],
  ...[log, status]: [ReturnType<typeof logged> | undefined, ReturnType<typeof read> | undefined]
) {
  return compare(sessions, log, status, WORDS);
}

function logged(state: string, at = AT) {
  return { state, at };
}

function read(state: string, updatedAt = AT) {
  return { state, updatedAt };
}

describe('what was out of step', () => {
  it('is nothing where registry, log and vendor agree', () => {
    expect(desyncOf([], logged('acw'), read('ACW'))).toBeUndefined();
    expect(desyncOf([], undefined, undefined)).toBeUndefined();
    expect(desyncOf([], logged('Offline'), undefined)).toBeUndefined();
  });

  it.each(['logged out', ' Shift End '])('is nothing where one who last was in %j has gone', (state) => {
    expect(desyncOf([], logged(state), undefined)).toBeUndefined();
  });

  it('is an agent who has gone from a state that only the vendor calls as we call an offline one', () => {
    expect(desyncOf([], logged('Home'), undefined)?.status).toEqual({ logged: 'Home', vendor: undefined });
  });

  it('is nothing where log and vendor mean the same by different words', () => {
    expect(desyncOf([], logged('acw'), read('Wrap Up'))).toBeUndefined();
    expect(desyncOf([], logged('wrap up'), read('ACW'))).toBeUndefined();
    expect(desyncOf([], logged('wrap up'), read('ACW', AT + 1))?.status).toEqual({
      logged: 'wrap up',
      vendor: 'ACW',
    });
  });

  it('is a session that the registry had as it is not any more', () => {
    expect(desyncOf([ENDED], logged('available'), read('available'))).toEqual({
      sessions: [ENDED],
      status: undefined,
    });
  });

  it('is a status that the log had not heard of, with both sides', () => {
    expect(desyncOf([], logged('acw'), read('available', AT + 1))).toEqual({
      sessions: [],
      status: { logged: 'acw', vendor: 'available' },
    });
  });

  it('is a state that was left and entered again unseen', () => {
    expect(desyncOf([], logged('available'), read('available', AT + 90_000))?.status).toEqual({
      logged: 'available',
      vendor: 'available',
    });
  });

  it('is an agent who has gone, or whom nobody had heard of', () => {
    expect(desyncOf([], logged('acw'), undefined)?.status).toEqual({ logged: 'acw', vendor: undefined });
    expect(desyncOf([], undefined, read('acw'))?.status).toEqual({ logged: undefined, vendor: 'acw' });
  });

  it('is not what was pushed while the status was being read', () => {
    expect(desyncOf([], logged('available', AT + 1), read('acw'))).toBeUndefined();
  });
});
