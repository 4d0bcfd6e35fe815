import type { WebStore } from '../../usecases/web-ports.ts';
import { agentPages } from './agent-pages.ts';
import { agentTimelines } from './agent-timeline.ts';
import type { Connection } from './connection.ts';
import { findingPages } from './finding-pages.ts';
import { serviceFigures } from './service-figures.ts';
import { sessionEventLog } from './session-event-log.ts';
import { trail } from './trail.ts';

/** What the HTTP service reads and keeps. */
export function webStore(connection: Connection): Omit<WebStore, 'runById'> {
  return {
    ...findingPages(connection),
    ...agentPages(connection),
    ...agentTimelines(connection),
    ...trail(connection),
    ...sessionEventLog(connection),
    ...serviceFigures(connection),
  };
}
