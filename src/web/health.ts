import type { WebDeps } from './deps.ts';
import { anyQuery } from './inputs.ts';
import { type Route, route } from './route.ts';

/** For whoever restarts or routes to this process: alive, and able to work. */
export function healthRoutes({ operations }: WebDeps, isDraining: () => boolean): Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      access: 'open',
      answersHead: true,
      summary: 'The process is alive.',
      query: anyQuery,
      answers: { 200: { description: 'It is.' } },
      handle: () => ({ json: { status: 'alive' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      access: 'open',
      answersHead: true,
      summary: 'The database answers. The vendor is not asked: a restart would not mend it.',
      query: anyQuery,
      answers: { 200: { description: 'Able to work.' }, 503: { description: 'Not, or not any more.' } },
      handle: async () => {
        const isReady = !isDraining() && (await operations.isReady());
        return { status: isReady ? 200 : 503, json: { status: isReady ? 'ready' : 'not ready' } };
      },
    }),
  ];
}
