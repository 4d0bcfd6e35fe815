import type { NewCorrection } from '../domain/correction.ts';
import type { Interval } from '../domain/instant.ts';
import type { ReportInterval } from '../domain/report.ts';
import type { Shift } from '../domain/shift.ts';
import type { AgentStatus } from '../domain/state.ts';

export type { AgentStatus } from '../domain/state.ts';

/** A user of the vendor who has the agent role. */
export interface RosterAgent {
  readonly userId: string;
  readonly agentId: string;
  readonly username: string;
  readonly name: string | undefined;
  readonly team: string | undefined;
  readonly timeZone: string | undefined;
}

/** A status with what came along: how many sessions the agent has. */
export interface SeenStatus extends AgentStatus {
  readonly activeSessions?: number;
}

export interface Schedule {
  readonly version: number;
  readonly shifts: readonly Shift[];
}

/** What became of a correction that was sent, or of taking one back. */
export type DeliveryAnswer =
  | { readonly outcome: 'delivered'; readonly vendorId: string; readonly duplicate: boolean }
  /** The vendor refuses it for good (400, 404, 422). */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** 409 `key_reused`: the key is taken by other content. An alarm, never retried. */
  | { readonly outcome: 'key_reused'; readonly reason: string }
  /** The vendor surely did not take it (401 after renewal, 403, 429, no connection): it still waits. */
  | {
      readonly outcome: 'not_taken';
      readonly reason: string;
      readonly retryAfterMs: number | undefined;
      /** 403: it will not take it either until a person has given what is missing. */
      readonly forbidden?: boolean;
    }
  /** Nobody can say whether it took effect (time-out, reset, 5xx). */
  | { readonly outcome: 'unknown'; readonly reason: string; readonly retryAfterMs: number | undefined };

/**
 * The vendor (vendor-api.md). Calls that only read are retried inside as section 7 says; when they fail all
 * the same they throw a `ProgramError` with one of the codes `agent_not_found` (404 of a report or schedule),
 * `vendor_malformed`, `vendor_unauthorized`, `vendor_forbidden`, `vendor_rate_limited`, `vendor_rejected`,
 * `vendor_unavailable`. Calls that change something are sent once per call here and never retried inside,
 * but for one renewal of the token after a 401, which the vendor answers before it looks at the request.
 */
export interface Vendor {
  /** All users with an agent role, page by page. */
  roster(signal?: AbortSignal): AsyncIterable<readonly RosterAgent[]>;
  /** `undefined` when the agent is absent (404): unknown id, logged out, or in no skill group. */
  agentStatus(userId: string, signal?: AbortSignal): Promise<SeenStatus | undefined>;
  /** The agent-status-summary over `range`, as sent: unsorted, unclipped, with faults. */
  report(userId: string, range: Interval, signal?: AbortSignal): Promise<readonly ReportInterval[]>;
  schedule(userId: string, range: Interval, signal?: AbortSignal): Promise<Schedule>;
  /** The bytes of a correction. The same correction always has the same bytes. Pure. */
  adjustmentBody(correction: Pick<NewCorrection, 'start' | 'end' | 'state'>): string;
  /** Sends a correction's stored bytes under its stored key. Never throws but for an abort. */
  sendAdjustment(userId: string, key: string, body: string, signal?: AbortSignal): Promise<DeliveryAnswer>;
  /** The vendor's id of the adjustment that was made under this key, `undefined` when there is none. */
  findAdjustment(userId: string, key: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Takes a delivered correction back; `delivered` when it is gone now, 404 included. Never throws but for an abort. */
  takeBackAdjustment(userId: string, vendorId: string, signal?: AbortSignal): Promise<DeliveryAnswer>;
}
