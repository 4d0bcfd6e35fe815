import type { Instant } from '../../src/domain/instant.ts';
import type { JudgeInput } from '../../src/domain/judge.ts';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { HOUR_MS } from '../../src/simulator/local-day.ts';
import { Reporter } from '../../src/simulator/report.ts';
import { ORDINARY_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';

/** A Wednesday, so that most agents work. */
const DAY_START: Instant = Date.UTC(2026, 2, 4);
const DAY_END: Instant = DAY_START + 24 * HOUR_MS;
const MARGIN_MS = 300_000;
/** Agents' days with fewer transitions are days off and shifts cut by midnight. */
const LEAST_TRANSITIONS = 60;

/** Days of so many agents of a contact centre with ordinary drift, as the judge is handed them. */
export function agentDays(count: number): JudgeInput[] {
  const centre = new ContactCentre(1, count * 3);
  const reporter = new Reporter(centre, ORDINARY_REPORT_FAULTS);
  const days: JudgeInput[] = [];
  for (const user of centre.users(0, centre.agents)) {
    const truth = centre.truth(user, DAY_START - 24 * HOUR_MS, DAY_END + HOUR_MS);
    const inDay = truth.filter(({ at }) => at >= DAY_START && at < DAY_END);
    if (inDay.length < LEAST_TRANSITIONS) continue;
    const entries = reporter.entries(user, DAY_START - MARGIN_MS, DAY_END + MARGIN_MS, DAY_END + HOUR_MS);
    days.push({
      window: { from: DAY_START, to: DAY_END },
      log: logOf(truth),
      report: entries.map(({ start, end, open, state, durationMs }) => ({
        start,
        end: open ? undefined : end,
        state,
        durationSeconds: durationMs / 1000,
      })),
      shifts: centre.shifts(user, DAY_START - MARGIN_MS, DAY_END + MARGIN_MS),
      recorded: [],
    });
    if (days.length === count) return days;
  }
  throw new Error(`Only ${days.length} agents worked on that day.`);
}

function logOf(truth: readonly { readonly at: Instant; readonly state: string }[]): JudgeInput['log'] {
  const first = Math.max(0, truth.findIndex(({ at }) => at >= DAY_START - MARGIN_MS) - 5);
  return truth.slice(first).map(({ at, state }, sequence) => ({
    at,
    state,
    receivedAt: at + 500,
    sequence,
    told: true,
    confirmedUntil: undefined,
    absentAt: undefined,
  }));
}
