import { acwRoutes } from './api/acw.ts';
import { agentRoutes } from './api/agents.ts';
import { auditRoutes } from './api/audit.ts';
import { driftCsvRoutes } from './api/drift-csv.ts';
import { findingRoutes } from './api/findings.ts';
import { overrideRoutes } from './api/overrides.ts';
import { runRoutes } from './api/runs.ts';
import { statusRoutes } from './api/status.ts';
import type { WebDeps } from './deps.ts';
import type { Guard } from './guard.ts';
import { healthRoutes } from './health.ts';
import { metricsRoutes } from './monitoring/metrics-route.ts';
import { openApiRoutes } from './openapi.ts';
import { pageRoutes } from './pages/routes.ts';
import type { Route } from './route.ts';
import { webhookRoutes } from './webhook.ts';

/** All that is served: the one table of who may do what. A route that is not in it does not exist. */
export function allRoutes(deps: WebDeps, guard: Guard, isDraining: () => boolean): readonly Route[] {
  const routes: readonly Route[] = [
    ...healthRoutes(deps, isDraining),
    ...metricsRoutes(deps),
    ...webhookRoutes(deps, guard),
    ...driftCsvRoutes(deps),
    ...findingRoutes(deps),
    ...runRoutes(deps),
    ...agentRoutes(deps),
    ...statusRoutes(deps),
    ...acwRoutes(deps),
    ...overrideRoutes(deps),
    ...auditRoutes(deps),
    ...openApiRoutes(() => routes),
    ...pageRoutes(deps),
  ];
  return routes;
}
