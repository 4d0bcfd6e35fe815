import { describe, expect, it } from 'vitest';
import { suffices } from '../../src/domain/role.ts';
import type { Route } from '../../src/web/route.ts';
import { servedRoutes } from '../docs/generated.ts';
import { basic, codeOf, NAMES, type Role, type Service, serviceOfTest, TOKENS } from './support.ts';

const ROLES = ['analyst', 'ops', 'supervisor'] as const;
const routes = servedRoutes();

function ask(service: Service, { method, path }: Route, role: Role | 'nobody') {
  const url = path.replace(':runId', '999').replace(/:\w+/g, 'nobody-like-that');
  return method === 'GET' ? service.get(url, role) : service.post(url, { wrong: true }, role);
}

describe('access', () => {
  it('is as the table of routes says, for every route and every role, and for nobody', async () => {
    const service = await serviceOfTest();
    expect(routes.length).toBeGreaterThan(15);
    for (const line of routes) {
      for (const role of [...ROLES, 'nobody'] as const) {
        const answer = await ask(service, line, role);
        const what = `${line.method} ${line.path} as ${role}: ${answer.text}`;
        if (line.access === 'pushed') expect.soft(answer.status, what).toBe(404);
        else if (line.access === 'open') expect.soft([200, 503], what).toContain(answer.status);
        else if (role === 'nobody') expect.soft(codeOf(answer), what).toBe('401 unauthorized');
        else if (!suffices(role, line.access)) expect.soft(codeOf(answer), what).toBe('403 forbidden');
        else expect.soft([401, 403, 405, 429, 500], what).not.toContain(answer.status);
      }
    }
  });

  it('gives each role what surface.md gives it', () => {
    const least = (method: string, path: RegExp): Set<string> =>
      new Set(
        routes.filter((line) => line.method === method && path.test(line.path)).map(({ access }) => access),
      );
    expect(least('GET', /^\/(api|reports)\//)).toEqual(new Set(['analyst']));
    expect(least('POST', /^\/api\/runs$/)).toEqual(new Set(['ops']));
    expect(least('POST', /\/(approve|dismiss|release|drop)$/)).toEqual(new Set(['supervisor']));
    const open = routes.filter(({ access }) => access === 'open').map(({ path }) => path);
    expect(open.filter((path) => !path.startsWith('/assets'))).toEqual(['/healthz', '/readyz', '/metrics']);
  });

  it('is refused to all with the reason as long as no token is configured', async () => {
    const service = await serviceOfTest({ HTTP_TOKENS: '' });
    for (const line of routes) {
      const answer = await ask(service, line, 'supervisor');
      if (line.access === 'open') expect(answer.status).toBe(200);
      else if (line.access === 'pushed') expect(answer.status).toBe(404);
      else expect(codeOf(answer), line.path).toBe('403 no_tokens');
    }
    expect((await service.get('/no/such/thing')).json.detail).toContain('HTTP_TOKENS');
  });

  it('hides from nobody-in-particular even what does not exist', async () => {
    const service = await serviceOfTest();
    expect(codeOf(await service.get('/no/such/thing', 'nobody'))).toBe('401 unauthorized');
    expect(codeOf(await service.get('/no/such/thing'))).toBe('404 not_found');
    expect(codeOf(await service.get('/api/findings/a/b/c'))).toBe('404 not_found');
  });

  it('takes Basic with the name and the token, and nothing that is nearly so', async () => {
    const service = await serviceOfTest();
    const as = (headers: Record<string, string>) => service.get('/api/runs', 'nobody', headers);
    expect((await as(basic(NAMES.analyst, TOKENS.analyst))).status).toBe(200);
    for (const headers of [
      basic(NAMES.ops, TOKENS.analyst),
      basic('', TOKENS.analyst),
      basic(NAMES.analyst, ''),
      { authorization: `Basic ${TOKENS.analyst}` },
      { authorization: `Bearer ${TOKENS.analyst} x` },
      { authorization: `Bearer` },
      { authorization: `Digest ${TOKENS.analyst}` },
      { authorization: `bearer ${TOKENS.analyst.toUpperCase()}` },
    ]) {
      expect(codeOf(await as(headers)), JSON.stringify(headers)).toBe('401 unauthorized');
    }
  });

  it('asks a browser for name and password, and a program for a token', async () => {
    const service = await serviceOfTest();
    const browser = await service.get('/api/runs', 'nobody', { accept: 'text/html,*/*' });
    expect(browser.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    const program = await service.get('/api/runs', 'nobody', { accept: 'application/json' });
    expect(program.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
  });
});

describe('a request that changes something', () => {
  const PATH = '/api/findings/nobody/approve';

  it.each([
    ['a program without a word of its origin', {}, '404 not_found'],
    ['a page of another site', { origin: 'https://evil.example' }, '403 cross_origin'],
    ['a page without an origin', { origin: 'null' }, '403 cross_origin'],
    ['a page of a neighbour', { 'sec-fetch-site': 'same-site' }, '403 cross_origin'],
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site' }, '403 cross_origin'],
    ['no page at all', { 'sec-fetch-site': 'none' }, '403 cross_origin'],
    ['a page of ours', { 'sec-fetch-site': 'same-origin' }, '404 not_found'],
  ])('from %s, with Bearer', async (_who, headers, expected) => {
    const service = await serviceOfTest();
    expect(codeOf(await service.post(PATH, {}, 'supervisor', headers as Record<string, string>))).toBe(
      expected,
    );
  });

  it('with Basic must say that it comes from a page of ours', async () => {
    const service = await serviceOfTest();
    const ambient = basic(NAMES.supervisor, TOKENS.supervisor);
    const post = (headers: Record<string, string>) =>
      service.post(PATH, {}, 'nobody', { ...ambient, ...headers });
    expect(codeOf(await post({}))).toBe('403 cross_origin');
    expect(codeOf(await post({ origin: service.url }))).toBe('404 not_found');
    expect(codeOf(await post({ origin: service.url.replace('http:', 'https:') }))).toBe('404 not_found');
    expect(codeOf(await post({ origin: 'http://127.0.0.1:1' }))).toBe('403 cross_origin');
    expect(codeOf(await post({ origin: service.url, 'sec-fetch-site': 'cross-site' }))).toBe(
      '403 cross_origin',
    );
  });
});

describe('the rate', () => {
  it('of one token is limited, and nobody else notices', async () => {
    const service = await serviceOfTest();
    const many = await Promise.all(Array.from({ length: 200 }, () => service.get('/api/runs', 'analyst')));
    const refused = many.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await service.get('/api/runs', 'ops')).status).toBe(200);
  });

  it('of refusals is limited by address, and whoever has a token is let in all the same', async () => {
    const service = await serviceOfTest();
    const many = await Promise.all(
      Array.from({ length: 140 }, (_, index) =>
        service.get('/api/runs', 'nobody', { authorization: `Bearer guess-${index}` }),
      ),
    );
    expect(many.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(100);
    expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(20);
    expect((await service.get('/api/runs')).status).toBe(200);
  });

  it('of requests without a token is not limited: each is told how to bring one', async () => {
    const service = await serviceOfTest();
    const many = await Promise.all(
      Array.from({ length: 140 }, () => service.get('/', 'nobody', { accept: 'text/html' })),
    );
    const told = many.map(({ status, headers }) => `${status} ${headers.get('www-authenticate')}`);
    expect(new Set(told)).toEqual(new Set(['401 Basic realm="adherence", charset="UTF-8"']));
    const guess = { authorization: 'Bearer guess' };
    expect(codeOf(await service.get('/api/runs', 'nobody', guess))).toBe('401 unauthorized');
  });
});
