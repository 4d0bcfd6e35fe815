import type { FindingKind } from '../domain/finding.ts';
import type { Instant } from '../domain/instant.ts';
import type { FindingChange } from '../domain/settlement.ts';
import type { Window } from '../domain/window.ts';
import type { AgentError, FindingCounts, RunProgress } from './ports.ts';

/** More errors than this are counted, not listed. */
const MAX_ERRORS = 10_000;

/** Counts what a run does, agent by agent. */
export class Tally {
  readonly errors: AgentError[] = [];
  /** Agents that the store knows, due or not. */
  known = 0;
  planned = 0;
  judged = 0;
  failed = 0;
  windows = 0;
  made = 0;
  from: Instant | undefined;
  to: Instant | undefined;
  readonly #changes = { new: 0, changed: 0, resolved: 0, unchanged: 0 };
  readonly #byKind: Partial<Record<FindingKind, number>> = {};

  window(window: Window, findings: readonly FindingChange[], corrections: number): void {
    this.windows++;
    this.made += corrections;
    this.from = Math.min(this.from ?? window.from, window.from);
    this.to = Math.max(this.to ?? window.to, window.to);
    for (const { change, finding } of findings) {
      this.#changes[change]++;
      if (change !== 'resolved') this.#byKind[finding.kind] = (this.#byKind[finding.kind] ?? 0) + 1;
    }
  }

  error(error: AgentError): void {
    if (this.errors.length < MAX_ERRORS) this.errors.push(error);
  }

  get findings(): FindingCounts {
    return { ...this.#changes, byKind: { ...this.#byKind } };
  }

  get progress(): RunProgress {
    const { planned, judged, failed, windows, findings } = this;
    return { windows, agents: { planned, judged, failed }, findings };
  }
}
