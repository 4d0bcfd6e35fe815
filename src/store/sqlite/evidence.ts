import type { Instant, Interval } from '../../domain/instant.ts';
import { byArrival } from '../../domain/log-timeline.ts';
import type { Shift } from '../../domain/shift.ts';
import type { LogEntry } from '../../domain/transition.ts';
import { rangeOf } from '../../domain/window.ts';
import type { AgentWindow, Evidence, RunStore, StoredFinding } from '../../usecases/ports.ts';
import { compare } from './compare.ts';
import type { Connection } from './connection.ts';
import { evidenceStatements, type LogRow, type Question } from './evidence-statements.ts';
import { toStoredFinding } from './finding-rows.ts';
import { type LedgerRow, toLedger } from './ledger-rows.ts';
import type { Numbers } from './numbers.ts';

/** What is gathered for one window. */
interface Gathered {
  version: number;
  readonly log: LogEntry[];
  readonly findings: StoredFinding[];
  readonly ledger: LedgerRow[];
  readonly shifts: Shift[];
  schedule: { readonly known: Interval; readonly fetchedAt: Instant } | undefined;
}

/** What windows of many agents are judged on, in one reading transaction. */
export function evidenceReader({
  database,
  numbers,
  ...connection
}: Connection): Pick<RunStore, 'readEvidence'> {
  const statements = evidenceStatements(database);

  function read(windows: readonly AgentWindow[], marginMs: number): Evidence[] {
    const gathered = windows.map(nothing);
    const questions = windows.map(({ userId, window }): Question => {
      const { start, end } = rangeOf(window, marginMs);
      return [numbers.findAgent(userId) ?? null, start, end];
    });
    const of = (asked: number): Gathered => gathered[asked] as Gathered;
    for (const [asked, version, start, end, fetchedAt] of statements.agents(questions)) {
      of(asked).version = version;
      if (start !== null) of(asked).schedule = { known: { start, end }, fetchedAt };
    }
    for (const { asked, ...row } of statements.findings(questions)) {
      of(asked).findings.push(toStoredFinding(row));
    }
    for (const [asked, id, start, end, timeZone, activities] of statements.shifts(questions)) {
      of(asked).shifts.push({
        id,
        start,
        end,
        timeZone,
        activities: JSON.parse(activities) as Shift['activities'],
      });
    }
    const hulls = questions.map(
      ([agentNo, ...range], asked): Question => [agentNo, ...hullOf(range, of(asked).findings)],
    );
    for (const row of statements.log(hulls)) of(row[0]).log.push(toLogEntry(row, numbers));
    for (const { asked, ...row } of statements.ledger(hulls)) of(asked).ledger.push(row);
    return gathered.map(inOrder);
  }

  return {
    readEvidence: async (windows, marginMs) => connection.read(() => read(windows, marginMs)),
  };
}

/** A row of the log with its state's name. */
export function toLogEntry(row: LogRow, numbers: Numbers): LogEntry {
  const [, at, stateNo, receivedAt, sequence, told, confirmed, absent] = row;
  return {
    at,
    state: numbers.nameOfState(stateNo),
    receivedAt,
    sequence,
    told: told === 1,
    confirmedUntil: confirmed ?? undefined,
    absentAt: absent ?? undefined,
  };
}

/** What is known of somebody unknown. */
function nothing(): Gathered {
  return { version: 0, log: [], findings: [], ledger: [], shifts: [], schedule: undefined };
}

/** Sorted here: there are few rows of each kind, and the sorter that SQLite would set up costs more. */
function inOrder({ version, log, findings, ledger, shifts, schedule }: Gathered): Evidence {
  return {
    version,
    log: log.sort(byArrival),
    findings: findings.sort((a, b) => startOf(a) - startOf(b) || compare(a.findingId, b.findingId)),
    ledger: toLedger(ledger),
    shifts: schedule && { ...schedule, shifts: shifts.sort((a, b) => a.start - b.start) },
  };
}

function startOf(finding: StoredFinding): Instant {
  return finding.pieces[0]?.start ?? finding.instant;
}

/** The range and the time of the findings, as one stretch. */
function hullOf(
  [start, end]: readonly [Instant, Instant],
  findings: readonly StoredFinding[],
): [start: Instant, end: Instant] {
  let from = start;
  let to = end;
  for (const { pieces } of findings) {
    from = Math.min(from, pieces[0]?.start ?? from);
    to = Math.max(to, pieces.at(-1)?.end ?? to);
  }
  return [from, to];
}
