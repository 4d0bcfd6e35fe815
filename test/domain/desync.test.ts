import { describe, expect, it } from 'vitest';
import { desyncOf as compare, type SessionDifference } from '../../src/domain/desync.ts';

const AT = Date.UTC(2026, 2, 2, 9);
const ENDED = { sessionId: 's1', registry: 'acw', vendor: undefined };

function desyncOf(
  sessions: readonly SessionDifference[],
  ...[log, status]: [ReturnType<typeof logged> | undefined, ReturnType<typeof read> | undefined]
) {
  return compare(sessions, log, status, new Set(['offline']));
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
