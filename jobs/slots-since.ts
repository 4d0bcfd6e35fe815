import cron from 'node-cron';
import type { Config } from '../src/config.ts';
import type { JobSlots } from '../src/program/doctor.ts';
import { jobsOf } from './schedule.ts';
import { hasSeconds, slotsBetween } from './slots.ts';

/** The jobs that are switched on, each with how many slots its schedule has between two instants. */
export function slotsSince(config: Config): JobSlots[] {
  return jobsOf(config).flatMap(({ name, cron: expression }) =>
    expression === undefined
      ? []
      : [{ name, slotsSince: (last, now) => slotsOf(expression, last, now).length }],
  );
}

function slotsOf(expression: string, last: number, now: number): number[] {
  const task = cron.createTask(expression, () => undefined, { timezone: 'UTC' });
  return slotsBetween((at) => task.match(at), last, now, hasSeconds(expression));
}
