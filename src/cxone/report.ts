import type { Interval } from '../domain/instant.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import type { ReportInterval } from '../domain/report.ts';
import { parseUtc } from '../domain/utc-instant.ts';
import type { Call, Calls } from './calls.ts';
import { malformed, parseJson, queryValue, typeName } from './wire.ts';

/**
 * The agent-status-summary of a user over `range` (vendor-api.md 4), as it was sent.
 * Throws `agent_not_found` for a 404, otherwise as `Calls.read` does.
 */
export async function fetchReport(
  calls: Calls,
  userId: string,
  range: Interval,
  signal?: AbortSignal,
): Promise<readonly ReportInterval[]> {
  const call = reportCall(userId, range);
  const answer = await calls.read(call, signal);
  return parseReport(call, userId, answer.text);
}

function reportCall(userId: string, range: Interval): Call {
  const query = `userId=${queryValue(userId)}&startTime=${formatInstant(range.start)}&endTime=${formatInstant(range.end)}`;
  return {
    family: 'report',
    lane: 'reconciliation',
    what: `report of user ${userId}`,
    scope: 'report:read',
    notFound: 'agent_not_found',
    request: { method: 'GET', path: `/api/v2/reports/agent-status-summary?${query}`, headers: {} },
  };
}

/** Checked by hand: this is the one answer that is read for every agent in every window (speed.md). */
function parseReport(call: Call, userId: string, text: string): readonly ReportInterval[] {
  const body = fields(call, '', parseJson(call, text));
  const { agentId, intervals } = body;
  if (typeof agentId !== 'string') throw malformed(call, 'agentId', 'a text', typeName(agentId));
  if (agentId !== userId)
    throw malformed(call, 'agentId', 'the user asked for', 'the report of another agent');
  if (!Array.isArray(intervals)) throw malformed(call, 'intervals', 'a list', typeName(intervals));
  const read: ReportInterval[] = new Array(intervals.length);
  for (let index = 0; index < intervals.length; index += 1) {
    read[index] = parseInterval(call, intervals[index], index);
  }
  return read;
}

function parseInterval(call: Call, value: unknown, index: number): ReportInterval {
  if (typeof value !== 'object' || value === null) {
    throw malformed(call, `intervals[${index}]`, 'an object', typeName(value));
  }
  const { startTime, endTime, state, duration } = value as Record<string, unknown>;
  const start = typeof startTime === 'string' ? parseUtc(startTime) : undefined;
  const end = typeof endTime === 'string' ? parseUtc(endTime) : undefined;
  if (start === undefined) throw notAnInstant(call, index, 'startTime', startTime);
  if (end === undefined && endTime !== null) throw notAnInstant(call, index, 'endTime', endTime);
  if (typeof state !== 'string' || state === '') {
    throw malformed(call, `intervals[${index}].state`, 'a text that is not empty', typeName(state));
  }
  if (typeof duration !== 'number' || !Number.isFinite(duration)) {
    throw malformed(call, `intervals[${index}].duration`, 'a number of seconds', typeName(duration));
  }
  return { start, end, state, durationSeconds: duration };
}

function notAnInstant(call: Call, index: number, field: string, value: Instant | unknown): Error {
  return malformed(call, `intervals[${index}].${field}`, 'an instant that ends with Z', typeName(value));
}

function fields(call: Call, path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw malformed(call, path, 'an object', typeName(value));
}
