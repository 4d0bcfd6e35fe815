import type { Finding } from '../../src/domain/finding.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { Transition } from '../../src/domain/transition.ts';
import type { Window } from '../../src/domain/window.ts';
import type {
  AttemptResult,
  CorrectionWrite,
  Decision,
  Evidence,
  FindingEvidence,
  FindingWrite,
  JudgedWindow,
  Lease,
  ReopenRule,
  RunOutcome,
  Store,
  WindowFigures,
} from '../../src/usecases/ports.ts';

export const T0: Instant = Date.UTC(2026, 2, 2, 8);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const MARGIN_MS = 5 * MINUTE;
export const RULE: ReopenRule = { marginMs: MARGIN_MS, closedBefore: T0 - 14 * 24 * HOUR };
export const WINDOW = { from: T0, to: T0 + 15 * MINUTE };

export function transition(
  userId: string,
  state: string,
  at: Instant,
  more: Partial<Transition> = {},
): Transition {
  return { userId, state, at, receivedAt: at + 1_000, source: 'import', ...more };
}

export async function lockOf(store: Store, owner = 'me', now: Instant = T0): Promise<Lease> {
  const answer = await store.takeLease('run', owner, now, MINUTE, () => false);
  if (!('lease' in answer)) throw new Error(`held by ${answer.heldBy}`);
  return answer.lease;
}

export async function openRun(store: Store, lease: Lease, now: Instant = T0): Promise<number> {
  return store.openRun(lease, { trigger: 'cli', from: undefined, to: undefined, agents: undefined }, now);
}

/** A drift of three seconds, unless told otherwise. */
export function drift(at: Instant, more: Partial<Finding> = {}): Finding {
  return {
    group: 'pair',
    kind: 'boundary_drift',
    instant: at,
    pieces: [{ start: at, end: at + 3_000, loggedState: 'acw', reportedState: 'inbound' }],
    loggedAt: at,
    reportedAt: at + 3_000,
    loggedState: 'acw',
    reportedState: 'acw',
    driftMs: 3_000,
    shift: undefined,
    cutAt: undefined,
    ...more,
  };
}

export function nearShift(at: Instant): Finding {
  return drift(at, {
    group: 'shift',
    kind: 'near_shift_boundary',
    pieces: [],
    reportedAt: undefined,
    reportedState: undefined,
    driftMs: undefined,
    shift: { shiftId: 's1', edge: 'start', edgeAt: at - 1_000, offsetMs: 1_000 },
  });
}

export const EVIDENCE: FindingEvidence = {
  window: WINDOW,
  log: [
    {
      at: T0,
      state: 'acw',
      receivedAt: T0 + 1_000,
      sequence: 1,
      told: true,
      confirmedUntil: undefined,
      absentAt: undefined,
    },
  ],
  report: [{ start: T0 + 3_000, end: undefined, state: 'acw', durationSeconds: 60 }],
  shifts: [],
};

export const NO_FIGURES: WindowFigures = {
  judgedMs: 0,
  driftsMs: [],
  pairedAgents: 0,
  workingAgents: 0,
  emptyAgents: 0,
};

export function decided(note: string | undefined = 'looked into it'): Decision {
  return { person: 'anna', note, at: T0 + 2 * HOUR };
}

export function found(findingId: string, finding: Finding, more: Partial<FindingWrite> = {}): FindingWrite {
  return {
    findingId,
    finding,
    status: 'open',
    previousStatus: undefined,
    why: 'found',
    evidence: EVIDENCE,
    ...more,
  };
}

export function correction(
  userId: string,
  findingId: string,
  start: Instant,
  more: Partial<CorrectionWrite> = {},
): CorrectionWrite {
  const correctionId = `c-${findingId}-${start}`;
  const body = `{"start":${start}}`;
  return {
    correctionId,
    findingId,
    userId,
    start,
    end: start + 3_000,
    state: 'acw',
    key: `k-${correctionId}`,
    body,
    ...more,
  };
}

export function judged(userId: string, version: number, more: Partial<JudgedWindow> = {}): JudgedWindow {
  return {
    userId,
    window: WINDOW,
    version,
    watermark: WINDOW.to,
    reopenedFrom: undefined,
    skipped: undefined,
    findings: [],
    corrections: [],
    withdrawals: [],
    takeBacks: [],
    figures: NO_FIGURES,
    ...more,
  };
}

export function outcome(more: Partial<RunOutcome> = {}): RunOutcome {
  return {
    status: 'done',
    windows: 1,
    agents: { planned: 1, judged: 1, failed: 0 },
    findings: { new: 1, changed: 0, resolved: 0, unchanged: 0, byKind: { boundary_drift: 1 } },
    errors: [],
    reason: undefined,
    ...more,
  };
}

export function answered(correctionId: string, more: Partial<AttemptResult> = {}): AttemptResult {
  return {
    correctionId,
    attemptId: undefined,
    state: 'delivered',
    answer: 'delivered',
    vendorId: 'adj-1',
    notBefore: undefined,
    delaysAll: false,
    marginMs: MARGIN_MS,
    ...more,
  };
}

export async function versionOf(store: Store, userId: string): Promise<number> {
  return (await evidenceOf(store, userId)).version;
}

/** What one agent's window is judged on. */
export async function evidenceOf(store: Store, userId: string, window: Window = WINDOW): Promise<Evidence> {
  const [evidence] = await store.readEvidence([{ userId, window }], MARGIN_MS);
  return evidence!;
}

export async function agentOf(store: Store, userId: string) {
  const [agent] = await store.listAgents({ limit: 1, userIds: [userId] });
  if (agent === undefined) throw new Error(`There is no agent ${userId}.`);
  return agent;
}

/** Commits one agent's window as it stands now, and expects it to be taken. */
export async function commit(
  store: Store,
  lease: Lease,
  runId: number,
  userId: string,
  more: Partial<JudgedWindow> = {},
): Promise<void> {
  const { stale } = await store.commitWindows(
    lease,
    runId,
    [judged(userId, await versionOf(store, userId), more)],
    T0 + HOUR,
  );
  if (stale.length > 0) throw new Error(`${userId} is stale`);
}

/** A closed run that let one correction of each of the agents go. */
export async function letGo(store: Store, lease: Lease, userIds: readonly string[]): Promise<number> {
  const runId = await openRun(store, lease);
  for (const userId of userIds) {
    const findingId = `f-${userId}`;
    await commit(store, lease, runId, userId, {
      findings: [found(findingId, drift(T0 + MINUTE))],
      corrections: [correction(userId, findingId, T0 + MINUTE)],
    });
  }
  await store.closeRun(lease, runId, outcome(), T0 + HOUR);
  return runId;
}
