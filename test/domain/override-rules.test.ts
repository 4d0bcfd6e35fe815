import { describe, expect, it } from 'vitest';
import {
  APPROVAL_MS,
  OVERRIDE_STATES,
  OVERRIDE_STEPS,
  type Override,
  type OverrideState,
} from '../../src/domain/override.ts';
import { approvalFault, isPastApproval, preflight } from '../../src/domain/override-rules.ts';
import { SESSION_STATES, type SessionState } from '../../src/domain/session.ts';
import { t } from '../support/rows.ts';

function request(status: OverrideState = 'requested'): Override {
  return {
    overrideId: 'ovr_1',
    userId: 'U1',
    state: 'offline',
    incident: 'INC-1',
    reason: 'security',
    requestedBy: 'sue',
    requestedAt: t('09:00:00'),
    expiresAt: t('09:00:00') + APPROVAL_MS,
    status,
    decidedBy: undefined,
    decidedAt: undefined,
    acknowledged: [],
    owner: undefined,
    updatedAt: undefined,
    why: undefined,
  };
}

describe('who may approve', () => {
  it.each([
    ['another person', 'sam', t('09:00:01'), undefined],
    ['another person, at the last moment', 'sam', t('09:14:59.999'), undefined],
    ['another person, too late', 'sam', t('09:15:00'), 'override_expired'],
    ['the same person', 'sue', t('09:00:01'), 'override_same_person'],
    ['the same person, too late', 'sue', t('09:15:00'), 'override_expired'],
  ])('%s', (_, approver, now, fault) => {
    expect(approvalFault(request(), approver, now)).toBe(fault);
  });

  it.each(OVERRIDE_STATES.filter((state) => state !== 'requested'))('nobody once it is %s', (status) => {
    expect(approvalFault(request(status), 'sam', t('09:00:01'))).toBe('override_not_open');
    expect(isPastApproval(request(status), t('10:00:00'))).toBe(false);
  });
});

describe('the pre-flight', () => {
  const up = (...states: SessionState[]) => states.map((state, i) => ({ sessionId: `s${i}`, state }));

  it.each([
    ['nothing up, nothing acknowledged', up(), [], undefined],
    ['after-call work alone', up('acw', 'queued', 'ended'), [], undefined],
    ['a call that is acknowledged', up('talking'), ['s0'], undefined],
    ['two, acknowledged in any order', up('ringing', 'hold'), ['s1', 's0'], undefined],
    ['a call nobody acknowledged', up('talking'), [], 'override_blocked_by_live_session'],
    ['a session in a state nobody knows', up('unknown'), [], 'override_blocked_by_live_session'],
    ['a second call', up('talking', 'ringing'), ['s0'], 'override_blocked_by_live_session'],
    ['another call than the one acknowledged', up('talking'), ['s9'], 'override_blocked_by_live_session'],
    ['a call that is over', up(), ['s0'], 'override_sessions_changed'],
    ['a call that is in after-call work by now', up('acw'), ['s0'], 'override_sessions_changed'],
    ['one of two is over', up('talking', 'ended'), ['s0', 's1'], 'override_sessions_changed'],
  ])('%s', (_, sessions, acknowledged, fault) => {
    expect(preflight(sessions, acknowledged).fault).toBe(fault);
  });

  it('lists what would be cut, and in what both lists differ', () => {
    const sessions = SESSION_STATES.map((state) => ({ sessionId: state, state }));
    expect(preflight(sessions, ['talking', 'acw'])).toEqual({
      fault: 'override_blocked_by_live_session',
      live: ['ringing', 'talking', 'hold', 'unknown'],
      unknown: ['ringing', 'hold', 'unknown'],
      gone: ['acw'],
    });
  });
});

describe('the life of an override', () => {
  it('never sends twice: what is executing or unknown does not come back to a state that sends', () => {
    expect(OVERRIDE_STEPS.executing).toEqual(['executed', 'unknown', 'failed']);
    expect(OVERRIDE_STEPS.unknown).toEqual(['executed', 'failed']);
  });
});
