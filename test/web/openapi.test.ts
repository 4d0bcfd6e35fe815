import { randomUUID } from 'node:crypto';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { servedRoutes } from '../docs/generated.ts';
import { type Service, serviceOfTest } from './support.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Record<string, Response | { readonly $ref: string }>;
}

interface Response {
  readonly description: string;
  readonly content?: Record<string, unknown>;
}

async function description(service: Service) {
  const answer = await service.get('/openapi.json', 'analyst');
  expect(answer.status).toBe(200);
  const { paths, components } = answer.json as {
    paths: Record<string, Record<string, Operation>>;
    components: { responses: Record<string, Response> };
  };
  const resolved = (response: Operation['responses'][string] | undefined): Response | undefined =>
    response && '$ref' in response
      ? components.responses[response.$ref.replace('#/components/responses/', '')]
      : response;
  return { text: answer.text, paths, resolved };
}

describe('the description of the API', () => {
  it('is without findings of the linter', async () => {
    const service = await serviceOfTest();
    const config = await createConfig({ extends: ['recommended-strict'] });
    const lint = async (source: string) =>
      (await lintFromString({ source, absoluteRef: '/openapi.json', config })).map(
        ({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`,
      );
    const { text } = await description(service);
    expect(await lint(text)).toEqual([]);
    expect(await lint(text.replace('"summary"', '"sumary"'))).not.toEqual([]);
  });

  it('has every route that is no page, each under a name of its own', async () => {
    const service = await serviceOfTest();
    const { paths } = await description(service);
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = servedRoutes().filter(({ answers }) => answers !== undefined);
    expect(described.sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort(),
    );
    for (const { path } of servedRoutes()) {
      if (/^\/(api|reports|webhooks)\//.test(path))
        expect(paths).toHaveProperty([path.replace(/:(\w+)/g, '{$1}')]);
    }
    const names = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('describes what is asked and answered by the schemas that read and shape it', async () => {
    const service = await serviceOfTest();
    const { paths, resolved } = await description(service);
    const findings = paths['/api/findings']?.get;
    expect(findings?.parameters?.map(({ name }) => name)).toEqual([
      'from',
      'to',
      'kind',
      'status',
      'agent',
      'team',
      'order',
      'limit',
      'cursor',
    ]);
    expect(paths['/reports/drift.csv']?.get?.responses['200']).toHaveProperty(['content', 'text/csv']);
    for (const [path, methods] of Object.entries(paths)) {
      for (const { responses, operationId } of Object.values(methods)) {
        // Whoever watches is told in a word of its own that there is no readiness.
        const refusals = Object.entries(responses).filter(
          ([status]) => Number(status) >= 400 && !(path === '/readyz' && status === '503'),
        );
        for (const [status, response] of refusals)
          expect(resolved(response)?.content, `${operationId} ${status}`).toHaveProperty(
            'application/problem+json',
          );
      }
    }
  });

  it('has all that may be answered', async () => {
    const { paths } = await description(await serviceOfTest());
    const statuses = (method: string, path: string): string[] =>
      Object.keys(paths[path]?.[method]?.responses ?? {});
    const toAll = ['400', '408', '414', '417', '431', '500', '503'];
    expect(statuses('get', '/healthz')).toEqual(['200', ...toAll]);
    expect(statuses('get', '/metrics')).toEqual(['200', ...toAll, '403'].sort());
    expect(statuses('post', '/webhooks/cxone')).toEqual(['202', ...toAll, '401', '404', '413', '429'].sort());
    expect(statuses('get', '/api/runs')).toEqual(['200', ...toAll, '401', '403', '429'].sort());
    expect(statuses('post', '/api/runs')).toEqual(
      ['202', ...toAll, '401', '403', '409', '413', '415', '429'].sort(),
    );
    for (const methods of Object.values(paths)) {
      for (const { responses, requestBody, operationId } of Object.values(methods)) {
        expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(toAll));
        expect('413' in responses, operationId).toBe(requestBody !== undefined);
      }
    }
  });

  it('says how many agents fit into a body', async () => {
    const { text } = await description(await serviceOfTest());
    const [, limit = '', count = ''] = /body's (\d+) bytes[^"]* (\d+) UUIDs/.exec(text) ?? [];
    const bytes = (most: number): number =>
      JSON.stringify({
        from: '2026-03-02T09:00:00.000+01:00',
        to: '2026-03-02T10:00:00.000+01:00',
        agents: Array.from({ length: most }, () => randomUUID()),
        dryRun: true,
      }).length;
    expect(bytes(Number(count))).toBeLessThanOrEqual(Number(limit));
    expect(bytes(Number(count) + 100)).toBeGreaterThan(Number(limit));
  });
});
