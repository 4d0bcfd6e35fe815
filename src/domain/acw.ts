import type { Instant } from './instant.ts';

export const ACW_TYPES = ['manual', 'system', 'compliance'] as const;
export type AcwType = (typeof ACW_TYPES)[number];

/** What after-call work a session must have. */
export interface AcwTerms {
  readonly durationSeconds: number;
  readonly type: AcwType;
  readonly reasonCode: string;
}

/** Which sessions must have which after-call work; an absent condition holds for all. */
export interface AcwRule extends AcwTerms {
  readonly skill: string | undefined;
  readonly mediaType: string | undefined;
  readonly direction: string | undefined;
}

/** The life of a contract; which step may follow which stands in `CONTRACT_STEPS`. */
export const CONTRACT_STATES = ['sending', 'unknown', 'running', 'fulfilled', 'bypassed', 'refused'] as const;
export type ContractState = (typeof CONTRACT_STATES)[number];

/**
 * From each state, the states that may follow. `unknown`: nobody can say whether the vendor took it; it is sent
 * again only once a later reading has shown that it did not. `running`: the vendor holds the timer.
 */
export const CONTRACT_STEPS: Readonly<Record<ContractState, readonly ContractState[]>> = {
  sending: ['running', 'unknown', 'refused'],
  unknown: ['sending', 'running', 'fulfilled', 'bypassed', 'refused'],
  running: ['fulfilled', 'bypassed'],
  fulfilled: [],
  bypassed: [],
  refused: [],
};

export const EXTENSION_STATES = ['none', 'sending', 'unknown', 'applied', 'refused'] as const;
export type ExtensionState = (typeof EXTENSION_STATES)[number];

/** From each state of the extension, the states that may follow: it is sent once, whatever comes of it. */
export const EXTENSION_STEPS: Readonly<Record<ExtensionState, readonly ExtensionState[]>> = {
  none: ['sending'],
  sending: ['applied', 'unknown', 'refused'],
  unknown: ['applied', 'refused'],
  applied: [],
  refused: [],
};

/** What is known of sending a contract's terms; it decides what a later reading of the timer means. */
export interface AcwSending {
  /** How often the terms have left in all. */
  readonly times: number;
  /** When they left last. */
  readonly at: Instant;
  /** When the timer that was running before would have ended; unknown when the vendor showed none. */
  readonly timerBefore: Instant | undefined;
}

/** How much longer a contract was made. */
export interface AcwExtension {
  readonly seconds: number;
  readonly status: ExtensionState;
  /** Absent until it has left. */
  readonly sent?: AcwSending;
}

/** After-call work that is enforced: one for a session, with at most one extension. */
export interface AcwContract extends AcwTerms {
  readonly sessionId: string;
  readonly userId: string;
  /** Derived from the session id: the same session has the same key for ever. */
  readonly key: string;
  /** `rule`, or who asked. */
  readonly requestedBy: string;
  readonly createdAt: Instant;
  readonly status: ContractState;
  /** Absent while nothing was sent because the vendor's timer was right by itself. */
  readonly sent: AcwSending | undefined;
  /** When the timer ends if nobody leaves before; known once it runs. */
  readonly endsAt: Instant | undefined;
  readonly extension: AcwExtension;
  /** The process that is sending it or its extension, and only while it is. */
  readonly owner: string | undefined;
  readonly why: string | undefined;
}
