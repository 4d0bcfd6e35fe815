import type { Instant } from './instant.ts';

/** One of an agent's states as the vendor's states endpoints show them (vendor-api.md 2). */
export interface AgentStateEntry {
  /** Available, Busy, Offline … */
  readonly type: string;
  /** Ready, Wrap Up … */
  readonly name: string;
  /** Since when. */
  readonly at: Instant;
}

/** How a token was got; all but the first act for a person. */
export type TokenGrant = 'client_credentials' | 'password' | 'refresh_token' | 'authorization_code';

/** The scope of the states endpoints. */
export const STATES_SCOPE = 'agent:state:read';

/** What may become of a question to the vendor that brings no answer to it. Each says something else. */
export type NoAnswer = {
  /** 403 · 401 · not what the contract says · another status that repeating does not change · no answer, 408, 429 or 5xx. */
  readonly kind: 'forbidden' | 'unauthorized' | 'malformed' | 'rejected' | 'unreachable';
  /** What happened, for a person. */
  readonly message: string;
};

/** What `GET /agents/{agentId}/states` said. An empty list and a 404 are answers; the rest is none. */
export type StatesAnswer =
  | { readonly kind: 'states'; readonly current: AgentStateEntry }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not_found' }
  | NoAnswer;

/** What the telephony status of the user, read by the service account, adds: a state, absent (404), or not known. */
export type StatusSeen = { readonly state: string; readonly isOffline: boolean } | 'absent' | 'unknown';

/** The token that the states were asked with. */
export interface StatesToken {
  readonly grant: TokenGrant;
  /** As the vendor named them; `undefined` when it did not. */
  readonly scopes: readonly string[] | undefined;
  /** Whether it is the token of the very user asked about; `undefined` when that cannot be told. */
  readonly isOwn: boolean | undefined;
}
