import type { Instant, Interval } from '../../../src/domain/instant.ts';
import type { VendorRequest, VendorResponse } from '../../../src/simulator/wire.ts';
import { without } from '../../support/oracle/spans.ts';
import type { Wiretap } from '../network.ts';
import type { Notebook } from './notebook.ts';

interface Served extends Interval {
  readonly at: Instant;
  readonly body: string;
  /** Read when it is first asked for; `undefined` when a fault had spoiled it. */
  report?: readonly ServedInterval[] | undefined;
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
  /** Ids of adjustments that are known to have been contradicted by a report when they were made. */
  readonly proven = new Set<string>();
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
    const query = new URLSearchParams(path.slice(path.indexOf('?')));
    const userId = query.get('userId') ?? '';
    const start = Date.parse(query.get('startTime') ?? '');
    const one = { at, body, start, end: Date.parse(query.get('endTime') ?? '') };
    const served = this.#served.get(userId);
    if (served === undefined) this.#served.set(userId, [one]);
    else served.push(one);
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
    for (const served of this.#served.get(userId) ?? []) {
      if (served.at > until || rest.length === 0) break;
      if (served.start >= claim.end || served.end <= claim.start) continue;
      if (!('report' in served)) served.report = readReport(userId, served.body);
      const { report } = served;
      if (report === undefined) continue;
      const near = report.filter(({ start, end }) => start < claim.end && end > claim.start);
      const others = near.filter(({ state }) => state !== claim.state);
      // Contradicted is what another state claims, and what the report was asked for and does not cover.
      const gaps = without(
        { start: Math.max(served.start, claim.start), end: Math.min(served.end, claim.end) },
        near,
      );
      rest = rest.flatMap((part) => without(part, [...others, ...gaps]));
    }
    return rest.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

/** As another program would read it. */
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
