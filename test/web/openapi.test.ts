import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { servedRoutes } from '../docs/generated.ts';
import { type Service, serviceOfTest } from './support.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>;
}

async function description(service: Service) {
  const answer = await service.get('/openapi.json', 'analyst');
  expect(answer.status).toBe(200);
  return { text: answer.text, paths: answer.json.paths as Record<string, Record<string, Operation>> };
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
    const { paths } = await description(service);
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
    expect(Object.keys(paths['/api/runs']?.post?.responses ?? {})).toEqual([
      '202',
      '400',
      '401',
      '403',
      '409',
      '429',
    ]);
    expect(paths['/reports/drift.csv']?.get?.responses['200']?.content).toHaveProperty('text/csv');
    for (const methods of Object.values(paths)) {
      for (const { responses, operationId } of Object.values(methods)) {
        const refusals = Object.entries(responses).filter(
          ([status]) => Number(status) >= 400 && status !== '503',
        );
        for (const [, { content }] of refusals)
          expect(content, operationId).toHaveProperty('application/problem+json');
      }
    }
  });
});
