import type { Instant, Interval } from '../../../src/domain/instant.ts';
import type { VendorRequest, VendorResponse } from '../../../src/simulator/wire.ts';
import { without } from '../../support/oracle/spans.ts';
import type { Wiretap } from '../network.ts';
import type { Notebook } from './notebook.ts';

interface Served {
  readonly at: Instant;
  readonly body: string;
}

interface ServedInterval extends Interval {
  readonly state: string;
}

/** Corrections in these states have left the house, or may have. */
const SENT: ReadonlySet<string> = new Set([
  'sending',
  'unknown',
  'delivered',
  'refused',
  'take_back_waiting',
  'taking_back',
  'take_back_unknown',
  'taken_back',
]);

/** Runs in these states have let nothing go; one set aside has left what it made to the run that adopted it. */
const NOT_LET_GO: ReadonlySet<string> = new Set(['running', 'held', 'dropped', 'set aside']);

/**
 * Listens on the wire: each correction that leaves must have been let go and committed before its first byte, and
 * each report that arrives is kept, to know later what a correction can have rested on.
 */
export class Watch implements Wiretap {
  readonly faults: string[] = [];
  notebook: Notebook | undefined;
  readonly #served = new Map<string, Served[]>();

  leaving({ method, path, headers, body }: VendorRequest): void {
    if (method !== 'POST' || !path.endsWith('/adjustments')) return;
    const key = headers['idempotency-key'] ?? '';
    const known = this.notebook?.correctionOf(key);
    if (known === undefined) this.faults.push(`sent, but not in the ledger: ${key} ${body}`);
    else if (known.attempts === 0) this.faults.push(`sent before its attempt was committed: ${key} ${body}`);
    else if (!SENT.has(known.status)) this.faults.push(`sent while it is ${known.status}: ${key} ${body}`);
    else if (NOT_LET_GO.has(known.runStatus ?? '')) {
      this.faults.push(`sent while its run is ${known.runStatus}: ${key} ${body}`);
    }
  }

  answered({ path }: VendorRequest, { status, body }: VendorResponse, at: Instant): void {
    if (status !== 200 || !path.startsWith('/api/v2/reports/')) return;
    const userId = new URLSearchParams(path.slice(path.indexOf('?'))).get('userId') ?? '';
    const served = this.#served.get(userId);
    if (served === undefined) this.#served.set(userId, [{ at, body }]);
    else served.push({ at, body });
  }

  /** Forgets reports that arrived before an instant. */
  forget(before: Instant): void {
    for (const [userId, served] of this.#served) {
      this.#served.set(
        userId,
        served.filter(({ at }) => at >= before),
      );
    }
  }

  /** How much of a claim's time no report that arrived until then contradicted, in milliseconds. */
  uncontradictedMs(userId: string, claim: ServedInterval, until: Instant): number {
    let rest: Interval[] = [claim];
    for (const { at, body } of this.#served.get(userId) ?? []) {
      if (at > until || rest.length === 0) break;
      const report = readReport(userId, body);
      if (report === undefined) continue;
      const agreeing = report.filter(({ state }) => state === claim.state);
      const others = report.filter(({ state }) => state !== claim.state);
      // Contradicted is what another state claims, and what the report covers around but not there.
      const first = Math.min(...report.map(({ start }) => start));
      const last = Math.max(...report.map(({ end }) => end));
      const gaps = first < last ? without({ start: first, end: last }, agreeing) : [];
      rest = rest.flatMap((part) => without(part, [...others, ...gaps]));
    }
    return rest.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

function readReport(userId: string, body: string): ServedInterval[] | undefined {
  try {
    const report = JSON.parse(body) as {
      agentId: string;
      intervals: { startTime: string; endTime: string | null; state: string }[];
    };
    if (report.agentId !== userId) return undefined;
    return report.intervals.map(({ startTime, endTime, state }) => ({
      start: Date.parse(startTime),
      end: endTime === null ? Number.POSITIVE_INFINITY : Date.parse(endTime),
      state,
    }));
  } catch {
    // Spoiled by a fault: the program cannot have used it either.
    return undefined;
  }
}
