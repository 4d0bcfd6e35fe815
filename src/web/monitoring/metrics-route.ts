import type { IncomingHttpHeaders } from 'node:http';
import { problem } from '../api/answers.ts';
import type { WebDeps } from '../deps.ts';
import { anyQuery } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** For Prometheus; from this machine alone unless HTTP_METRICS_PUBLIC says otherwise. */
export function metricsRoutes({ metrics, metricsPublic }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/metrics',
      access: 'open',
      summary:
        'Metrics in the text format of Prometheus; for loopback alone unless HTTP_METRICS_PUBLIC is true.',
      query: anyQuery,
      answers: {
        200: { description: 'The metrics.', type: 'text/plain' },
        403: problem('Asked for from elsewhere (`not_local`).'),
      },
      handle: async ({ address, headers }) => {
        if (!metricsPublic && !isLocal(address, headers)) {
          throw new Problem(
            'not_local',
            'Metrics are for this machine alone; HTTP_METRICS_PUBLIC=true opens them.',
          );
        }
        return { text: await metrics.read(), type: metrics.contentType };
      },
    }),
  ];
}

/** What a proxy on this machine hands on comes from loopback, too, for whomever it asks. */
function isLocal(address: string, headers: IncomingHttpHeaders): boolean {
  const isHandedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
  return LOOPBACK.test(address) && !isHandedOn;
}
