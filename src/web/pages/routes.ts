import type { WebDeps } from '../deps.ts';
import type { Route } from '../route.ts';
import { agentDayRoutes } from './agent-day.ts';
import { agentsRoutes } from './agents.ts';
import { assetRoutes } from './assets.ts';
import { findingRoutes } from './finding.ts';
import { findingsRoutes } from './findings.ts';
import { overviewRoutes } from './overview.ts';
import { reviewRoutes } from './review-form.ts';
import { runsRoutes } from './runs.ts';

/** All pages, and what they are made of. */
export function pageRoutes(deps: WebDeps): Route[] {
  return [
    ...assetRoutes(),
    ...overviewRoutes(deps),
    ...findingsRoutes(deps),
    ...findingRoutes(deps),
    ...reviewRoutes(deps),
    ...agentsRoutes(deps),
    ...agentDayRoutes(deps),
    ...runsRoutes(deps),
  ];
}
