import { buildApp } from './app.ts';
import type { WebDeps } from './deps.ts';
import type { HttpLimits } from './limits.ts';
import { allRoutes } from './routes.ts';

export interface HttpService {
  readonly url: string;
  /** Says that it is not ready any more; requests under way go on. */
  drain(): void;
  /** Ends what is under way: runs are given up safely, downloads are broken off. */
  close(): Promise<void>;
}

/** How long answers under way may take to end. */
const PATIENCE_MS = 2_000;

/** The HTTP service (surface.md, HTTP), listening. */
export async function serve(
  deps: WebDeps,
  { host, port, limits }: { readonly host: string; readonly port: number; readonly limits?: HttpLimits },
): Promise<HttpService> {
  let isDraining = false;
  const app = buildApp(deps, (guard) => allRoutes(deps, guard, () => isDraining), limits);
  const url = await app.listen({ host, port });
  return {
    url,
    drain() {
      isDraining = true;
    },
    async close() {
      isDraining = true;
      const ended = deps.runs.close();
      const waiting = new AbortController();
      const patience = deps.clock.sleep(PATIENCE_MS, waiting.signal).then(
        // A client that reads slowly, or not at all, holds nobody up.
        () => app.server.closeAllConnections(),
        () => undefined,
      );
      await app.close();
      waiting.abort();
      deps.metrics.close();
      await Promise.all([ended, patience]);
    },
  };
}
