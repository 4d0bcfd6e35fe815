import { Gauge, type Registry } from 'prom-client';
import type { Instant } from '../../domain/instant.ts';

/** Gives what makes gauges in these registers. */
export function gaugesIn(registers: Registry[]) {
  return <Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
}

/** How long ago it was, in seconds; 0 where there is nothing. */
export function ageSeconds(since: Instant | undefined, now: Instant): number {
  return since === undefined ? 0 : Math.max(0, now - since) / 1000;
}
