import type { Instant, Interval } from '../domain/instant.ts';
import { adjusted } from './adjusted-report.ts';
import { writeReport } from './report.ts';
import type { Call, Route } from './route.ts';
import { type Answer, json, jsonText, notFound, readInstant, refusal, writeInstant } from './wire.ts';

/** Section 4 of the contract and the schedules of section 5: what is asked for by agent and range. */
export const REPORT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/api\/v2\/reports\/agent-status-summary$/,
    family: 'report',
    access: { scope: 'report:read' },
    answer: report,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/wfm\/schedules$/,
    family: 'schedule',
    access: { scope: 'report:read' },
    answer: schedules,
  },
];

function report(call: Call): Answer {
  const user = call.premises.centre.findAgent(call.query.get('userId') ?? '');
  if (user === undefined) return notFound('Agent');
  const range = rangeOf(call);
  if (range === undefined) return refusal(400, 'invalid_range', 'startTime and endTime are not a range');
  const { reporter, ledger, reportShowsAdjustments } = call.premises;
  const entries = reporter.entries(user, range.start, range.end, call.now);
  const shown = reportShowsAdjustments ? adjusted(entries, ledger.inForce(user.userId)) : entries;
  return jsonText(200, writeReport(user.userId, shown));
}

function schedules(call: Call): Answer {
  const { centre, ledger } = call.premises;
  const user = centre.findAgent(call.query.get('userId') ?? '');
  if (user === undefined) return notFound('Agent');
  const range = rangeOf(call);
  if (range === undefined) return refusal(400, 'invalid_range', 'startTime and endTime are not a range');
  const shifts = centre.shifts(user, range.start, range.end).map((shift) => ({
    id: shift.id,
    ...wireInterval(shift.start, shift.end),
    timeZone: shift.timeZone,
    activities: shift.activities.map(({ state, start, end }) => ({ state, ...wireInterval(start, end) })),
  }));
  return json(200, { userId: user.userId, version: ledger.versionOf(user.userId), shifts });
}

function rangeOf(call: Call): Interval | undefined {
  const start = readInstant(call.query.get('startTime'));
  const end = readInstant(call.query.get('endTime'));
  return start === undefined || end === undefined || end <= start ? undefined : { start, end };
}

function wireInterval(start: Instant, end: Instant): { startTime: string; endTime: string } {
  return { startTime: writeInstant(start), endTime: writeInstant(end) };
}
