/** Part of ports.ts: what the doctor needs from outside. Nothing of it changes anything. */
import type { TokenGrant } from '../domain/agent-state.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { VendorClock } from '../domain/vendor-clock.ts';
import type { StatesReader } from './states-port.ts';
import type { SeenStatus } from './vendor-port.ts';

/** A user as `GET /api/v2/users` shows one: three names for one person, never to be mixed up. */
export interface VendorUser {
  readonly userId: string;
  readonly username: string;
  /** `undefined` of a user without an agent's role. */
  readonly agentId: string | undefined;
  readonly name: string | undefined;
}

/** What may be told of a token. */
export interface TokenSeen {
  readonly grant: TokenGrant;
  readonly hasUserContext: boolean;
  /** Whom it acts for, where that is known. */
  readonly username: string | undefined;
  readonly expiresAt: Instant;
  /** `undefined` when the vendor did not say: then it grants what was asked for. */
  readonly scopes: readonly string[] | undefined;
}

/** Endpoints that are read about a user. */
export type EndpointFamily = 'status' | 'presence' | 'report' | 'schedule' | 'adjustment' | 'sessions';

export interface Endpoint {
  /** `undefined` where nothing is asked: it changes something, or is asked in another way. */
  readonly family: EndpointFamily | undefined;
  /** As a person would look it up. */
  readonly call: string;
  readonly scope: string;
  /** What of the program needs it. */
  readonly feature: string;
  /** What it means when it is refused; a whole sentence. */
  readonly refused: string;
  /** Whether the program is of no use without. */
  readonly isCore: boolean;
}

/** The vendor as the doctor asks it. Calls throw as the reading calls of `Vendor` do. */
export interface DiagnosisVendor extends StatesReader {
  readonly endpoints: readonly Endpoint[];
  /** Whose token the states are read with. */
  statesToken(): 'service' | 'user';
  /** Gets a token where there is none; `undefined` of a person when nobody is logged in. */
  tokenFacts(owner: 'service' | 'user', signal?: AbortSignal): Promise<TokenSeen | undefined>;
  /** The user of this name; `undefined` when there is none. */
  findUser(username: string, signal?: AbortSignal): Promise<VendorUser | undefined>;
  /** The user id of any agent of the roster, to ask the endpoints about. */
  anyAgent(signal?: AbortSignal): Promise<string | undefined>;
  /** Asks an endpoint once; `unknown` where it answers that it has no such user. */
  askEndpoint(
    family: EndpointFamily,
    userId: string,
    now: Instant,
    signal?: AbortSignal,
  ): Promise<'answers' | 'unknown'>;
  agentStatus(userId: string, signal?: AbortSignal): Promise<SeenStatus | undefined>;
  /** The vendor's clock by all answers so far. */
  clockReading(): VendorClock | undefined;
}

/** What a look at the database file from outside shows; it is neither made nor changed. */
export type DatabaseSurvey =
  | { readonly kind: 'missing'; readonly path: string; readonly freeBytes: number | undefined }
  | {
      readonly kind: 'unusable';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | ({ readonly kind: 'open' } & DatabaseFacts);

export interface DatabaseFacts {
  readonly path: string;
  /** Migrations applied, and known to this program. */
  readonly schema: number;
  readonly newestSchema: number;
  readonly bytes: number;
  readonly walBytes: number;
  /** On its disk, for this user. */
  readonly freeBytes: number | undefined;
  readonly journalMode: string;
  /** Whether SQLite takes `synchronous=FULL`, which every connection that writes asks for. */
  readonly isDurable: boolean;
  readonly integrity: {
    readonly check: 'integrity_check' | 'quick_check';
    readonly faults: readonly string[];
  };
}

/** What this program knows of somebody. */
export interface KnownAgent {
  readonly userId: string;
  readonly agentId: string | undefined;
  readonly username: string | undefined;
  readonly inRoster: boolean;
  readonly retiredAt: Instant | undefined;
  readonly lastTransition:
    | { readonly state: string; readonly at: Instant; readonly seenUntil: Instant | undefined }
    | undefined;
  /** Up to where the agent was judged. */
  readonly watermark: Instant | undefined;
  /** Findings that are not settled: open, in review, approved, held or failed. */
  readonly openFindings: number;
}

export interface DiagnosisStore {
  /** Everybody to whom this is the user id, the agent id or the username. */
  knownAgents(id: string): Promise<readonly KnownAgent[]>;
}
