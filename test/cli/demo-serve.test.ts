import { once } from 'node:events';
import { expect, test } from 'vitest';
import { begin } from './support.ts';

test('demo --serve leaves the pages open for whoever has the printed token, until a signal', async () => {
  const { child, ended } = begin(['demo', '--serve', '--agents', '3', '--seed', '3']);
  let told = '';
  child.stdout?.on('data', (text: string) => {
    told += text;
  });
  while (!told.includes('Ctrl-C')) await once(child.stdout as NodeJS.ReadableStream, 'data');
  const [, url = ''] = /Look round at +(\S+)/.exec(told) ?? [];
  const [, token = ''] = /Password +(\S+)/.exec(told) ?? [];
  const ask = (password: string): Promise<Response> =>
    fetch(url, {
      headers: { authorization: `Basic ${btoa(`demo:${password}`)}`, accept: 'text/html' },
    });
  const page = await ask(token);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<h1>Overview</h1>');
  expect((await ask('guessed')).status).toBe(401);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ status: 0, stderr: '' });
});
