import { beforeAll, describe, expect, it } from 'vitest';
import { expectSafeHeaders, type Service, serviceOfFile } from './support.ts';

let service: Service;
beforeAll(async () => {
  service = await serviceOfFile();
});

describe('whoever watches the process', () => {
  it.each(['/healthz', '/readyz'])('may ask %s with HEAD for all but the body', async (path) => {
    const { status, headers } = await service.get(path, 'nobody');
    const looked = await fetch(service.url + path, { method: 'HEAD' });
    expect([looked.status, await looked.text()]).toEqual([status, '']);
    for (const name of ['content-type', 'content-length'])
      expect(looked.headers.get(name), name).toBe(headers.get(name));
    expectSafeHeaders(looked.headers);
  });

  it.each(['/healthz?x=1', '/readyz?probe=1&probe=2', '/metrics?x=1'])('may ask %s', async (path) => {
    expect((await service.get(path, 'nobody')).status).toBe(200);
  });

  it('is told which methods there are', async () => {
    const answer = await service.post('/healthz');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
