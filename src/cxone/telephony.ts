import type { TelephonyVendor } from '../usecases/control-port.ts';
import type { Calls } from './calls.ts';
import { writeAcw, writePresence, writeStatus } from './control-calls.ts';
import { fetchPresence } from './presence.ts';
import { fetchSession, fetchSessions } from './sessions.ts';
import { fetchStatusOnce } from './status.ts';

/** The calls that change agents' states, and those that are read for it. */
export function openTelephony(calls: Calls): TelephonyVendor {
  return {
    readStatus: (userId, signal) => fetchStatusOnce(calls, userId, signal),
    readSessions: (userId, signal) => fetchSessions(calls, userId, signal),
    readSession: (sessionId, signal) => fetchSession(calls, sessionId, signal),
    readPresence: (userId, signal) => fetchPresence(calls, userId, signal),
    writeStatus: (userId, write, signal) => writeStatus(calls, userId, write, signal),
    writePresence: (userId, status, signal) => writePresence(calls, userId, status, signal),
    writeAcw: (sessionId, terms, key, signal) => writeAcw(calls, sessionId, terms, key, signal),
  };
}
