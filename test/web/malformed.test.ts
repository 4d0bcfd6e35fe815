import { beforeAll, describe, expect, it } from 'vitest';
import { sayRaw } from './raw.ts';
import {
  authorization,
  basic,
  codeOf,
  expectProblem,
  expectSafeHeaders,
  type Service,
  serviceOfFile,
  TOKENS,
} from './support.ts';

/** The answer as it went over the wire. */
function parseRaw(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ').slice(1).join(': ')]),
  );
  const json = JSON.parse(body) as Record<string, unknown>;
  return { status: Number(first.split(' ')[1]), headers, text: body, json };
}

function head(request: string, ...more: string[]): string {
  const lines = [request, 'Host: x', `Authorization: Bearer ${TOKENS.supervisor}`, ...more];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const cursorOf = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

let service: Service;
beforeAll(async () => {
  service = await serviceOfFile();
});

describe('a query that is wrong', () => {
  it.each([
    ['/api/findings?from=yesterday', 'from'],
    ['/api/findings?from=2026-03-02T09:00:00', 'from'],
    ['/api/findings?from=2026-02-30T09:00:00Z', 'from'],
    ['/api/findings?from=2026-03-02T09:00:00Z&from=2026-03-02T09:00:00Z', 'from'],
    ['/api/findings?from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00Z', 'to'],
    ['/api/findings?kind=gap', 'kind.0'],
    ['/api/findings?kind=report_gap&kind=', 'kind.1'],
    ['/api/findings?status=Open', 'status.0'],
    ['/api/findings?limit=0', 'limit'],
    ['/api/findings?limit=1001', 'limit'],
    ['/api/findings?limit=1e2', 'limit'],
    ['/api/findings?limit=', 'limit'],
    ['/api/findings?cursor=', 'cursor'],
    ['/api/findings?cursor=!!!', 'cursor'],
    ['/api/findings?cursor=WzFd', 'cursor'],
    // Of another order; of one that there is not; with something that is no key; with a key of another length.
    [`/api/findings?cursor=${cursorOf(['newest', 0, 1, 'u', 'f'])}`, 'cursor'],
    [`/api/findings?order=drift_up&cursor=${cursorOf(['sideways', 0])}`, 'cursor'],
    [`/api/findings?order=drift_up&cursor=${cursorOf(['drift_up', 0, null])}`, 'cursor'],
    [`/api/findings?order=drift_up&cursor=${cursorOf(['drift_up', -1, 3])}`, 'cursor'],
    ['/api/findings?order=sideways', 'order'],
    [`/api/findings?cursor=${'A'.repeat(3_000)}`, 'cursor'],
    ['/api/findings?form=2026-03-02T09:00:00Z', 'form'],
    ['/api/findings?__proto__=1', '__proto__'],
    ['/api/findings?agent=', 'agent.0'],
    [`/api/findings?agent=${'a'.repeat(201)}`, 'agent.0'],
    ['/api/runs/0', 'runId'],
    ['/api/runs/-1', 'runId'],
    ['/api/runs/1.5', 'runId'],
    ['/api/runs/dry-', 'runId'],
    ['/api/runs/9999999999999999', 'runId'],
    ['/api/agents?search=', 'search'],
    ['/api/audit?type=all', 'type'],
    ['/reports/drift.csv?limit=3', 'limit'],
    ['/openapi.json?x=1', 'x'],
  ])('%s is refused with the field', async (path, field) => {
    const answer = await service.get(path);
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect((answer.json.errors as { field: string }[])[0]?.field).toBe(field);
  });
});

describe('a page that is asked for in a wrong way', () => {
  it.each([
    ['/findings?kind=nope', '400 invalid_argument'],
    ['/findings/nothing-like-that', '404 not_found'],
  ])('%s is refused in data to a program, and in words to a browser', async (path, expected) => {
    for (const accept of ['application/json', 'application/problem+json, */*;q=0.1', '*/*'])
      expect(codeOf(await service.get(path, 'analyst', { accept })), accept).toBe(expected);
    const page = await service.get(path, 'analyst', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(`${page.status}`).toBe(expected.slice(0, 3));
  });
});

describe('a query that is nearly right', () => {
  it.each([
    ['/api/findings?from=2026-03-02T09:00:00+01:00', /%2B/],
    ['/api/runs/x', /^must be the number of a run/],
    ['/api/runs/', /^must be the number of a run/],
  ])('%s is answered with what to write instead', async (path, words) => {
    const { json } = await service.get(path);
    expect((json.errors as { message: string }[])[0]?.message).toMatch(words);
  });
});

describe('a cursor that somebody made up', () => {
  it.each([
    ['drift_up', 0],
    ['drift_up', 1],
    ['drift_up', 7, 1, 1],
    ['drift_down', 1, 'x', 'y', 'z', 'too', 'many'],
    ['agent_up', 0, 'a'],
    ['oldest', 0, 1e300, '', ''],
  ])('%s %s begins somewhere or nowhere, and breaks nothing', async (order, ...key) => {
    const answer = await service.get(`/api/findings?order=${order}&cursor=${cursorOf([order, ...key])}`);
    expect(answer.status, answer.text).toBe(200);
  });
});

describe('a body that is wrong', () => {
  it.each([
    ['{', undefined],
    ['', undefined],
    ['[]', ''],
    ['"x"', ''],
    // No body at all is one without wishes; this is one, and no object.
    ['null', ''],
    ['{"from":1}', 'from'],
    ['{"agents":[]}', 'agents'],
    ['{"agents":["u1",2]}', 'agents.1'],
    ['{"dryRun":"yes"}', 'dryRun'],
    ['{"form":"2026-03-02T09:00:00Z"}', 'form'],
    ['{"from":"2026-03-02T09:00:00Z","to":"2026-03-02T08:00:00Z"}', 'to'],
    ['{"__proto__":{"x":1}}', undefined],
  ])('%s is refused', async (body, field) => {
    const answer = await service.post('/api/runs', body);
    expect(codeOf(answer)).toBe('400 invalid_argument');
    expect((answer.json.errors as { field: string }[] | undefined)?.[0]?.field).toBe(field);
  });

  it('of a kind that is not read here is refused', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await service.post('/api/runs', 'a=b', 'supervisor', { 'content-type': type });
      expect(codeOf(answer), type).toBe('415 unsupported_media_type');
    }
  });

  it('that is too large is refused, whether it says so or not', async () => {
    const large = JSON.stringify({ agents: ['a'.repeat(70_000)] });
    expect(codeOf(await service.post('/api/runs', large))).toBe('413 body_too_large');
    const chunk = `${(40_000).toString(16)}\r\n${'a'.repeat(40_000)}\r\n`;
    const chunked = head(
      'POST /api/runs HTTP/1.1',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    );
    const answer = parseRaw(await sayRaw(service.url, [chunked, chunk, chunk], 20, 3_000));
    expect(codeOf(answer)).toBe('413 body_too_large');
  });
});

describe('what is no proper request', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', '400 bad_request'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 bad_request'],
    [
      'two lengths',
      head('POST /api/runs HTTP/1.1', 'Content-Length: 2', 'Content-Length: 3'),
      '400 bad_request',
    ],
    [
      'length and chunks',
      head('POST /api/runs HTTP/1.1', 'Content-Length: 2', 'Transfer-Encoding: chunked'),
      '400 bad_request',
    ],
    ['HTTP/1.1 without a host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', '400 bad_request'],
    [
      'an expectation that nobody knows',
      head('POST /api/runs HTTP/1.1', 'Expect: banana', 'Content-Length: 0'),
      '417 expectation_failed',
    ],
    [
      'headers without end',
      head('GET /api/runs HTTP/1.1', `X-Much: ${'a'.repeat(20_000)}`),
      '431 headers_too_large',
    ],
  ])('%s is answered as a problem and hung up on', async (_what, text, expected) => {
    const answer = parseRaw(await sayRaw(service.url, [text]));
    expect(codeOf(answer)).toBe(expected);
    expectSafeHeaders(answer.headers);
    expectProblem(answer);
  });

  it('has an address that is too long or cannot be read', async () => {
    expect(codeOf(await service.get(`/api/runs?${'a'.repeat(9_000)}`))).toBe('414 url_too_long');
    expect(codeOf(await service.get(`/api/findings/${'a'.repeat(600)}`))).toMatch(/^(400|404|414) /);
    expect(
      codeOf(
        parseRaw(await sayRaw(service.url, [head('GET /api/findings/%ff HTTP/1.1', 'Connection: close')])),
      ),
    ).toBe('400 bad_request');
    expect(codeOf(await service.get('/api/findings/..%2f..%2fetc'))).toBe('404 not_found');
  });

  it('has the wrong method', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await fetch(`${service.url}/api/runs/7`, {
        method,
        headers: authorization('supervisor'),
      });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
      expectSafeHeaders(answer.headers);
    }
    const none = await fetch(`${service.url}/reports/drift.csv`, {
      method: 'HEAD',
      headers: authorization('analyst'),
    });
    expect(none.status).toBe(405);
  });

  it('has credentials that are no text', async () => {
    for (const value of ['Basic', 'Basic ////', 'Basic Og==', 'Bearer  ', `Bearer ${'a'.repeat(9_000)}`]) {
      expect(codeOf(await service.get('/api/runs', 'nobody', { authorization: value }))).toBe(
        '401 unauthorized',
      );
    }
    expect(codeOf(await service.get('/api/runs', 'nobody', basic('a:b', TOKENS.ops)))).toBe(
      '401 unauthorized',
    );
  });
});

describe('a client that is slow', { timeout: 30_000 }, () => {
  it('in sending is hung up on after ten seconds, headers and bodies alike', async () => {
    const begun = performance.now();
    const drops = Array.from({ length: 60 }, (_, index) => `X-${index}: a\r\n`);
    const [headers, body] = await Promise.all([
      sayRaw(service.url, ['GET /api/runs HTTP/1.1\r\nHost: x\r\n', ...drops], 250),
      sayRaw(
        service.url,
        [
          head('POST /api/runs HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100'),
          ...'{"agents":["'.repeat(5),
        ],
        250,
      ),
    ]);
    expect(performance.now() - begun).toBeLessThan(16_000);
    expect(codeOf(parseRaw(headers))).toBe('408 request_timeout');
    expect(codeOf(parseRaw(body))).toBe('408 request_timeout');
    expect((await service.get('/healthz', 'nobody')).status).toBe(200);
  });
});
