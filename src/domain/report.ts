import type { Instant } from './instant.ts';

/** One interval of the vendor's agent-status-summary, as it was sent. */
export interface ReportInterval {
  readonly start: Instant;
  /** `undefined` while the interval is still open. */
  readonly end: Instant | undefined;
  readonly state: string;
  readonly durationSeconds: number;
}
