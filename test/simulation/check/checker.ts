import type { Finding } from '../../../src/domain/finding.ts';
import type { Instant, Interval } from '../../../src/domain/instant.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Shift } from '../../../src/domain/shift.ts';
import { adjusted } from '../../../src/simulator/adjusted-report.ts';
import type { Adjustment } from '../../../src/simulator/ledger.ts';
import type { Vendor } from '../../../src/simulator/vendor.ts';
import { readLog } from '../../support/oracle/log-side.ts';
import { intersection, without } from '../../support/oracle/spans.ts';
import { oracleClaims, oracleJudge } from '../../support/oracle.ts';
import type { CorrectionNote, FindingNote, Notebook } from './notebook.ts';
import type { Watch } from './watch.ts';

export interface CheckInput {
  readonly vendor: Vendor;
  readonly notebook: Notebook;
  readonly watch: Watch;
  readonly policy: Policy;
  readonly showsAdjustments: boolean;
  readonly userIds: readonly string[];
  /** The time that was judged last: everything before its end is due, and the report may have been revised in it. */
  readonly judged: Interval;
  /** What is older than this retention and closed time may have taken away. */
  readonly oldest: Instant;
  /** Time whose deliveries a restored ledger does not know of. */
  readonly forgotten: readonly Interval[];
  /** Corrections that a person decided to leave standing although the log no longer supports them. */
  readonly kept: ReadonlySet<string>;
}

const SETTLED: ReadonlySet<string> = new Set(['delivered', 'refused', 'withdrawn', 'taken_back']);

/**
 * Compares the vendor's ledger with the truth, as the log knows it, after all is said and done. It knows the rule
 * book through the oracle and the database through plain SQL, and nothing of the program.
 * @returns what is wrong, in words; nothing when all is right
 */
export function check(input: CheckInput): string[] {
  const { notebook, watch, userIds } = input;
  return [
    ...watch.faults,
    ...(notebook.isWhole() ? [] : ['the database is damaged']),
    ...historyGaps(notebook),
    ...ledgerGaps(input),
    ...userIds.flatMap((userId) => checkAgent(input, userId)),
  ];
}

/** Each thing's rows of history lead from nothing to the status that it has. */
function historyGaps(notebook: Notebook): string[] {
  const gaps: string[] = [];
  const latest = new Map<string, string>();
  const statuses = notebook.statuses();
  for (const { entity, entityId, actor, from, to } of notebook.history()) {
    const id = `${entity} ${entityId}`;
    const before = latest.get(id) ?? null;
    // Of what retention has deleted, the oldest rows go first.
    const isFading = before === null && !statuses.has(id);
    if (from !== before && !isFading)
      gaps.push(`history gap: ${id} was ${before}, then a row says from ${from} to ${to}`);
    if (to === 'dismissed' && !actor.startsWith('person')) gaps.push(`${id} was dismissed by ${actor}`);
    latest.set(id, to);
  }
  for (const [id, status] of statuses) {
    if (latest.get(id) !== status)
      gaps.push(`history gap: ${id} is ${status}, its history ends with ${latest.get(id)}`);
  }
  return gaps;
}

/** The ledgers of both sides say the same, and nothing is left over. */
function ledgerGaps(input: CheckInput): string[] {
  const { vendor, notebook, oldest, showsAdjustments } = input;
  const gaps: string[] = [];
  const ours = new Map<string, CorrectionNote>();
  for (const note of notebook.corrections()) {
    ours.set(note.key, note);
    if (!SETTLED.has(note.status)) gaps.push(`not settled: ${words(note)} is ${note.status}`);
    if (note.runStatus === 'running') gaps.push(`its run never closed: ${words(note)}`);
    const theirs = vendor.ledger.byKey(note.key);
    const isInForce = theirs?.status === 'applied';
    if (note.status === 'delivered' && !isInForce) {
      gaps.push(`lost: ${words(note)} is delivered, but the vendor has it ${theirs?.status ?? 'never seen'}`);
    } else if (note.status !== 'delivered' && isInForce) {
      gaps.push(`in force at the vendor: ${words(note)}, which is ${note.status}`);
    } else if (isInForce && theirs.id !== note.vendorId) gaps.push(`wrong id at the vendor: ${words(note)}`);
  }
  for (const adjustment of vendor.ledger.adjustments) {
    const { idempotencyKey, userId, start, end, status } = adjustment;
    if (status !== 'applied' || end < oldest || ours.has(idempotencyKey)) continue;
    if (isClaimedAgain(input, adjustment)) continue;
    // Where the report shows them, what a restored ledger has forgotten is no difference any more.
    if (showsAdjustments) continue;
    gaps.push(`the vendor has a correction that the ledger lacks: ${userId} ${span({ start, end })}`);
  }
  return gaps;
}

function checkAgent(input: CheckInput, userId: string): string[] {
  const { vendor, notebook, oldest } = input;
  const log = notebook.logOf(userId);
  // That a poll found no state later on makes time unknown, but denies nothing that was said of it.
  const said = log.map((entry) => ({ ...entry, absentAt: undefined }));
  const segments = readLog(said, input.policy);
  const inForce = vendor.ledger
    .inForce(userId)
    .filter((adjustment) => adjustment.end > oldest && !isClaimedAgain(input, adjustment))
    .toSorted((a, b) => a.start - b.start);
  return [
    ...twice(userId, inForce),
    ...inForce.flatMap((adjustment) => withoutEvidence(input, adjustment, segments)),
    ...missing(input, userId, log, inForce),
  ];
}

/** Sent by a ledger that is forgotten, and now part of claims of the same state in other cuts. */
function isClaimedAgain({ vendor, forgotten }: CheckInput, adjustment: Adjustment): boolean {
  const wasForgotten = (other: Adjustment): boolean =>
    forgotten.some(({ start, end }) => {
      const sentAt = other.history[0]?.at ?? 0;
      return sentAt >= start && sentAt < end;
    });
  if (!wasForgotten(adjustment)) return false;
  const { userId, state } = adjustment;
  const again = vendor.ledger
    .inForce(userId)
    .filter((other) => other.state === state && other !== adjustment && !wasForgotten(other));
  return lengthOf(without(adjustment, again)) === 0;
}

/** No instant is corrected twice. */
function twice(userId: string, inForce: readonly Adjustment[]): string[] {
  return inForce.flatMap((one, index) => {
    const before = inForce[index - 1];
    const isTwice = before !== undefined && before.end > one.start;
    return isTwice ? [`corrected twice: ${userId} ${span(before)} and ${span(one)} (${one.id})`] : [];
  });
}

/** What is corrected is what the log says, and what some report denied. */
function withoutEvidence(
  { policy, watch, notebook, kept }: CheckInput,
  adjustment: Adjustment,
  segments: ReturnType<typeof readLog>,
): string[] {
  const { userId, start, end, state, history, idempotencyKey } = adjustment;
  const what = `${userId} ${span(adjustment)} ${state} (${adjustment.id})`;
  const faults: string[] = [];
  const saying = segments.filter((segment) => segment.state === state);
  const unsaid = lengthOf(without({ start, end }, saying));
  const judgedUntil = notebook.watermarkOf(userId) ?? end;
  if (unsaid > policy.thresholdMs && end <= judgedUntil && !kept.has(idempotencyKey)) {
    faults.push(`corrected without evidence: ${what}: for ${unsaid} ms the log does not say so`);
  }
  if (watch.proven.has(adjustment.id)) return faults;
  const agreed = watch.uncontradictedMs(userId, adjustment, history[0]?.at ?? end);
  if (agreed === 0) watch.proven.add(adjustment.id);
  else faults.push(`corrected without evidence: ${what}: for ${agreed} ms no report differed`);
  return faults;
}

/** What policy or a person wants corrected is corrected, but for crumbs next to what is. */
function missing(
  input: CheckInput,
  userId: string,
  log: ReturnType<Notebook['logOf']>,
  inForce: readonly Adjustment[],
): string[] {
  const { policy, judged, notebook } = input;
  const findings = notebook.findingsSince(judged.start).filter((finding) => finding.userId === userId);
  const refused = findings.filter(({ wasRefused }) => wasRefused).flatMap(({ pieces }) => pieces);
  const approved = findings.filter(isApproved).flatMap(({ pieces }) => pieces);
  // Time that findings from before have recorded is left out of a later judgement (reconciliation.md 4, rule 4).
  const recorded = findings
    .filter(({ pieces }) => (pieces[0]?.start ?? 0) < judged.start)
    .flatMap(({ pieces }) => pieces);
  // What began before the time that was judged last may be of another kind as a whole than it seems from here.
  const verdicts = judgeAnew(input, userId, log).filter(
    ({ pieces }) => (pieces[0]?.start ?? 0) > judged.start,
  );
  return verdicts.flatMap((finding) => {
    const wanted = isOpen(finding, policy) ? [judged] : approved;
    return oracleClaims(finding.pieces).flatMap((claim) => {
      const parts = wanted.flatMap((time) => intersection(claim, time) ?? []);
      const rest = parts
        .flatMap((part) => without(part, [...inForce, ...refused, ...recorded]))
        .filter((part) => isWhole(part, claim) || part.end - part.start > policy.thresholdMs);
      return rest.map(
        (part) =>
          `not corrected: ${userId} ${span(part)} of the ${finding.kind} at ${stamp(finding.instant)}, ` +
          `drift ${finding.driftMs} ms, claim ${span(claim)} ${claim.state}`,
      );
    });
  });
}

function judgeAnew(input: CheckInput, userId: string, log: ReturnType<Notebook['logOf']>): Finding[] {
  const { vendor, policy, judged, showsAdjustments } = input;
  const user = vendor.centre.find(userId);
  if (user === undefined) return [];
  const from = judged.start - policy.marginMs;
  const to = judged.end + policy.marginMs;
  const entries = vendor.reporter.entries(user, from, to, to);
  const shown = showsAdjustments ? adjusted(entries, vendor.ledger.inForce(userId)) : entries;
  const report = shown.map(({ start, end, state, durationMs, open }) => ({
    start,
    end: open ? undefined : end,
    state,
    durationSeconds: durationMs / 1000,
  }));
  const band = policy.shiftBandMs;
  const shifts: readonly Shift[] = vendor.centre.shifts(user, from - band, to + band);
  const window = { from: judged.start, to: judged.end };
  return oracleJudge({ window, log, report, shifts, policy, recorded: [] }).map(({ finding }) => finding);
}

/** Corrected without anybody having been asked (reconciliation.md 5). */
function isOpen({ kind, shift }: Finding, { correctKinds, shiftBandPolicy }: Policy): boolean {
  if (!correctKinds.has(kind)) return false;
  return shift === undefined || (kind === 'boundary_drift' && shiftBandPolicy === 'adjust');
}

function isApproved({ kind, status }: FindingNote): boolean {
  const correctable = kind === 'boundary_drift' || kind === 'missing_in_report' || kind === 'state_mismatch';
  return correctable && (status === 'approved' || status === 'corrected');
}

function isWhole(part: Interval, claim: Interval): boolean {
  return part.start === claim.start && part.end === claim.end;
}

function lengthOf(parts: readonly Interval[]): number {
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}

function words(note: CorrectionNote): string {
  return `${note.correctionId} of ${note.userId} ${span(note)}`;
}

function span({ start, end }: Interval): string {
  return `[${stamp(start)}, ${stamp(end)})`;
}

function stamp(instant: Instant): string {
  return new Date(instant).toISOString().slice(5, 23);
}
