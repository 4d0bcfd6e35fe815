import { agentRoutes } from './api/agents.ts';
import { auditRoutes } from './api/audit.ts';
import { driftCsvRoutes } from './api/drift-csv.ts';
import { findingRoutes } from './api/findings.ts';
import { runRoutes } from './api/runs.ts';
import type { WebDeps } from './deps.ts';
import type { Guard } from './guard.ts';
import { healthRoutes } from './health.ts';
import type { Route } from './route.ts';

/**
 * All that is served: the one table of who may do what. A route that is not in it does not exist. Pages belong at
 * its end: `...pageRoutes(deps)`, with `takesForms` where a form posts, and without `answers`.
 */
export function allRoutes(deps: WebDeps, _guard: Guard, isDraining: () => boolean): readonly Route[] {
  return [
    ...healthRoutes(deps, isDraining),
    ...driftCsvRoutes(deps),
    ...findingRoutes(deps),
    ...runRoutes(deps),
    ...agentRoutes(deps),
    ...auditRoutes(deps),
  ];
}
