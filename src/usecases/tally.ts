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
  /** How findings were counted that reach the end of a window: the next window may go on with them. */
  readonly #reaching = new Map<string, FindingChange['change']>();

  /** Takes in one judged window; a finding that reaches over several counts once. */
  window(window: Window, findings: readonly FindingChange[], corrections: number): void {
    this.windows++;
    this.made += corrections;
    this.from = Math.min(this.from ?? window.from, window.from);
    this.to = Math.max(this.to ?? window.to, window.to);
    for (const change of findings) this.#count(change, window.to);
  }

  #count({ change, findingId, finding: { kind, pieces } }: FindingChange, windowEnd: Instant): void {
    const before = this.#reaching.get(findingId);
    const now = before === undefined ? change : together(before, change);
    if (before !== undefined) this.#add(before, kind, -1);
    if (now !== undefined) this.#add(now, kind, 1);
    const reachesOn = (pieces.at(-1)?.end ?? 0) >= windowEnd;
    if (reachesOn && now !== undefined) this.#reaching.set(findingId, now);
    else this.#reaching.delete(findingId);
  }

  #add(change: FindingChange['change'], kind: FindingKind, by: 1 | -1): void {
    this.#changes[change] += by;
    if (change === 'resolved') return;
    const count = (this.#byKind[kind] ?? 0) + by;
    if (count === 0) delete this.#byKind[kind];
    else this.#byKind[kind] = count;
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

/** What two windows, one after the other, made of one finding; nothing of one that came and went. */
function together(
  before: FindingChange['change'],
  change: FindingChange['change'],
): FindingChange['change'] | undefined {
  if (before === 'new') return change === 'resolved' ? undefined : 'new';
  return change === 'unchanged' || before === change
    ? before
    : change === 'resolved'
      ? 'resolved'
      : 'changed';
}
