import type { Dispatcher } from 'undici';
import { ProgramError } from '../domain/errors.ts';
import type { TelephonyVendor } from '../usecases/control-port.ts';
import type { Clock, DiagnosisVendor, Log, TokenKeeper, Vendor } from '../usecases/ports.ts';
import { adjustmentBody, findAdjustment, sendAdjustment, takeBackAdjustment } from './adjustments.ts';
import { fetchAgentStates, fetchAllAgentStates } from './agent-states.ts';
import { type CallRecord, Transport } from './calls.ts';
import { anyAgent, askEndpoint, ENDPOINTS, findUser } from './endpoints.ts';
import { Http } from './http.ts';
import { Limits } from './limits.ts';
import { type Login, openLogin } from './login.ts';
import { fetchReport } from './report.ts';
import { fetchRoster } from './roster.ts';
import { fetchSchedule } from './schedules.ts';
import { Secrets } from './secrets.ts';
import { fetchStatus } from './status.ts';
import { openTelephony } from './telephony.ts';
import { TokenEndpoint } from './token-endpoint.ts';
import { type Grant, openContexts, type UserContext } from './user-context.ts';

export interface VendorSettings {
  /** May carry a path prefix; plain http only to a loopback address. */
  readonly baseUrl: string;
  readonly grant: Grant;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly scopes: readonly string[];
  readonly maxConcurrency: number;
  /** `Infinity` is off. */
  readonly maxRequestsPerSecond: number;
  /** For one request, from asking for a connection to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly allowPasswordGrant: boolean;
}

export interface VendorDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0, below 1; for the jitter. */
  readonly random?: () => number;
  /** Told after every attempt, for the metrics. */
  readonly onCall?: (record: CallRecord) => void;
  /** Keeps the user-context token; without one there is none, and no `refresh_token` grant. */
  readonly tokenKeeper?: TokenKeeper | undefined;
  /** Carries the requests instead of connections of our own: a simulation without sockets. */
  readonly dispatcher?: Dispatcher;
}

export interface OpenVendor
  extends Vendor,
    TelephonyVendor,
    UserContext,
    Login,
    Omit<DiagnosisVendor, keyof UserContext> {
  /** Ends what waits or is under way with an error. */
  close(): Promise<void>;
}

/**
 * The vendor behind the port. Nothing is sent before the first call. The limits hold for all that this one
 * object sends, so a process opens one. Throws `invalid_configuration` for settings that cannot work.
 */
export function openVendor(settings: VendorSettings, deps: VendorDeps): OpenVendor {
  const { clock, log, random = Math.random } = deps;
  const baseUrl = checkedBaseUrl(settings.baseUrl);
  const clientId = checkedClientId(settings);
  const { clientSecret, password, refreshToken, username, grant, scopes, timeoutMs, maxConcurrency } =
    settings;
  if (grant === 'password') {
    log.warn({ grant }, 'the password grant is for testing only: use client_credentials in production');
  }
  const secrets = new Secrets([clientSecret, password, refreshToken]);
  const { dispatcher } = deps;
  const http = new Http({ baseUrl, maxConnections: maxConcurrency, timeoutMs, clock, dispatcher });
  const { maxRequestsPerSecond } = settings;
  const limits = new Limits({ clock, log, maxConcurrency, maxRequestsPerSecond });
  const transport = new Transport({ http, limits, clock, random, timeoutMs, onCall: deps.onCall });
  const endpoint = new TokenEndpoint(
    { baseUrl, clientId, clientSecret, scopes },
    { transport, clock, secrets },
  );
  const contexts = openContexts(
    { grant, username, password, refreshToken, timeoutMs },
    { endpoint, transport, secrets, clock, log, tokenKeeper: deps.tokenKeeper },
  );
  const { serviceCalls: calls } = contexts;
  return {
    roster: (signal) => fetchRoster(calls, signal),
    agentStatus: (userId, signal) => fetchStatus(calls, userId, signal),
    report: (userId, range, signal) => fetchReport(calls, userId, range, signal),
    schedule: (userId, range, signal) => fetchSchedule(calls, userId, range, signal),
    adjustmentBody,
    sendAdjustment: (userId, key, body, signal) => sendAdjustment(calls, userId, key, body, signal),
    findAdjustment: (userId, key, signal) => findAdjustment(calls, userId, key, signal),
    takeBackAdjustment: (userId, vendorId, signal) => takeBackAdjustment(calls, userId, vendorId, signal),
    ...openTelephony(calls),
    endpoints: ENDPOINTS,
    findUser: (username, signal) => findUser(calls, username, signal),
    anyAgent: (signal) => anyAgent(calls, signal),
    askEndpoint: (family, userId, now, signal) => askEndpoint(calls, family, userId, now, signal),
    clockReading: () => transport.serverClock.reading(),
    allAgentStates: (signal) => fetchAllAgentStates(contexts.statesCalls(), signal),
    agentStates: (agentId, signal) => fetchAgentStates(contexts.statesCalls(), agentId, signal),
    statesToken: contexts.statesToken,
    hasUserContext: contexts.hasUserContext,
    tokenFacts: contexts.tokenFacts,
    ...openLogin({ endpoint, clock, userToken: contexts.userToken }),
    close: async () => {
      const reason = new ProgramError('vendor_unavailable', 'the vendor client was closed');
      contexts.close(reason);
      limits.close(reason);
      await http.close();
    },
  };
}

function checkedBaseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw wrong('CXONE_BASE_URL is not a URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw wrong('CXONE_BASE_URL must begin with https: (plain http: only to a loopback address)');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw wrong('CXONE_BASE_URL may hold neither user, password, query nor fragment');
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function checkedClientId(settings: VendorSettings): string {
  const { grant, clientId, clientSecret, username, password } = settings;
  if (!clientId) throw wrong('CXONE_CLIENT_ID is missing');
  if (grant === 'client_credentials' && !clientSecret) throw wrong('CXONE_CLIENT_SECRET is missing');
  if (grant === 'password') {
    if (!settings.allowPasswordGrant) {
      throw wrong('the password grant is refused unless CXONE_ALLOW_PASSWORD_GRANT is true');
    }
    if (!username || !password) throw wrong('CXONE_USERNAME or CXONE_PASSWORD is missing');
  }
  return clientId;
}

function wrong(message: string): ProgramError {
  return new ProgramError('invalid_configuration', message);
}
