import type { Instant } from '../../domain/instant.ts';

/** In the name of which run something is written, by whom, and when. */
export interface RunStamp {
  readonly runId: number;
  readonly actor: string;
  readonly now: Instant;
}
