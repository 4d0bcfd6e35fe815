import { formatInstant, type Interval } from '../domain/instant.ts';
import type { Schedule } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import {
  malformed,
  parseAnswer,
  queryValue,
  wireCount,
  wireInstant,
  wireList,
  wireObject,
  wireText,
} from './wire.ts';

const scheduleSchema = wireObject({
  userId: wireText,
  version: wireCount,
  shifts: wireList(
    wireObject({
      id: wireText,
      startTime: wireInstant,
      endTime: wireInstant,
      timeZone: wireText,
      activities: wireList(wireObject({ state: wireText, startTime: wireInstant, endTime: wireInstant })),
    }),
  ),
});

/**
 * A user's shifts that touch `range` (vendor-api.md 5). Throws `agent_not_found` for a 404, `vendor_malformed`
 * also for a shift that does not end after its start, otherwise as `Calls.read` does.
 */
export async function fetchSchedule(
  calls: Calls,
  userId: string,
  range: Interval,
  signal?: AbortSignal,
): Promise<Schedule> {
  const query = `userId=${queryValue(userId)}&startTime=${formatInstant(range.start)}&endTime=${formatInstant(range.end)}`;
  const call: Call = {
    family: 'schedule',
    lane: 'reconciliation',
    what: `schedule of user ${userId}`,
    scope: 'agent:read',
    notFound: 'agent_not_found',
    request: { method: 'GET', path: `/api/v2/wfm/schedules?${query}`, headers: {} },
  };
  const answer = await calls.read(call, signal);
  const schedule = parseAnswer(call, scheduleSchema, answer.text);
  if (schedule.userId !== userId) {
    throw malformed(call, 'userId', 'the user asked for', 'the schedule of another agent');
  }
  return {
    version: schedule.version,
    shifts: schedule.shifts.map(({ id, startTime, endTime, timeZone, activities }, index) => {
      if (endTime <= startTime) {
        throw malformed(
          call,
          `shifts[${index}].endTime`,
          'later than startTime',
          'an earlier one or the same',
        );
      }
      return {
        id,
        start: startTime,
        end: endTime,
        timeZone,
        activities: activities.map((activity) => ({
          state: activity.state,
          start: activity.startTime,
          end: activity.endTime,
        })),
      };
    }),
  };
}
