import { formatInstant } from '../../src/domain/instant.ts';
import { type StateTable, UNKNOWN } from '../../src/domain/states.ts';
import type { Timeline } from '../../src/domain/timeline.ts';

/** `state from` of each segment; a start has a `*`, unknown time is `?` and uncovered time `-`. */
export function segmentsOf(timeline: Timeline, states: StateTable): string[] {
  return Array.from({ length: timeline.count }, (_, i) => {
    const code = timeline.codes[i] as number;
    const name = code >= 0 ? states.nameOf(code) : code === UNKNOWN ? '?' : '-';
    const clock = formatInstant(timeline.starts[i] as number)
      .slice(11, 23)
      .replace('.000', '');
    return `${name} ${clock}${timeline.isStart[i] === 1 ? ' *' : ''}`;
  });
}
