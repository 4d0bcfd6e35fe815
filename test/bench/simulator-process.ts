/** The simulator in a process of its own; its parent sets its clock and reads its counters. */
import type { Instant } from '../../src/domain/instant.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { serveOrders } from './processes.ts';

export interface SimulatorOrder {
  /** What the simulator's clock is to show from now on. */
  readonly now: Instant;
}

/** Requests by method and family, as the simulator counts them. */
export type SimulatorAnswer = Readonly<Record<string, number>>;

const [seed, agents, cachedDays] = process.argv.slice(2).map(Number) as [number, number, number?];
let now: Instant = 0;
const simulator = await startSimulator({
  seed,
  agents,
  clock: () => now,
  ...(cachedDays !== undefined && { cachedDays }),
});
serveOrders<SimulatorOrder, SimulatorAnswer>(simulator.url, (order) => {
  now = order.now;
  return simulator.vendor.counts.all();
});
