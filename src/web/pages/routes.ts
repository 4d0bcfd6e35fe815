import type { WebDeps } from '../deps.ts';
import type { Route } from '../route.ts';
import { assetRoutes } from './assets.ts';
import { overviewRoutes } from './overview.ts';

/** All pages, and what they are made of. */
export function pageRoutes(deps: WebDeps): Route[] {
  return [...assetRoutes(), ...overviewRoutes(deps)];
}
