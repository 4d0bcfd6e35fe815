import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CLIENT_CREDENTIALS, startWithClient, type TestClient } from './client.ts';

const HOUR_MS = 3_600_000;
const CLIENT = 'client_id=client&client_secret=secret';

function ask(client: TestClient, body: string, headers: Record<string, string> = {}) {
  return client.send('/oauth/token', { method: 'POST', body, headers });
}

function bearer(token: unknown): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${String(token)}` } };
}

describe('tokens', () => {
  test('are good until they expire', async () => {
    const client = await startWithClient();
    expect((await client.send('/api/v2/users')).status).toBe(200);
    client.wait(HOUR_MS - 1);
    expect((await client.send('/api/v2/users')).status).toBe(200);
    client.wait(1);
    const refused = await client.send('/api/v2/users');
    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ error: 'invalid_token' });
  });

  test('can all be made to expire now, or be revoked one by one', async () => {
    const client = await startWithClient();
    client.vendor.tokens.expireAll();
    expect((await client.send('/api/v2/users')).status).toBe(401);
    const { access_token: token } = (await ask(client, CLIENT_CREDENTIALS)).json();
    expect((await client.send('/api/v2/users', bearer(token))).status).toBe(200);
    await client.send('/oauth/revoke', { method: 'POST', body: `${CLIENT}&token=${String(token)}` });
    expect((await client.send('/api/v2/users', bearer(token))).status).toBe(401);
    expect(client.vendor.tokens.counts.all()).toMatchObject({ issued: 2, revoked: 1, client_credentials: 2 });
  });

  test('are given to clients that name themselves in the header, form encoded', async () => {
    const client = await startWithClient({ clients: [{ id: 'a b', secret: 's:%', scopes: ['user:read'] }] });
    const basic = Buffer.from('a+b:s%3A%25').toString('base64');
    const reply = await ask(client, 'grant_type=client_credentials', { authorization: `Basic ${basic}` });
    expect(reply.json()).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'user:read' });
    expect(reply.json().refresh_token).toBeUndefined();
  });

  test.each([
    ['grant_type=client_credentials&client_id=client&client_secret=wrong', 401, 'invalid_client'],
    [`${CLIENT}&grant_type=password&username=supervisor&password=wrong`, 400, 'invalid_grant'],
    [`${CLIENT}&grant_type=password&username=nobody`, 400, 'invalid_grant'],
    [`${CLIENT}&grant_type=refresh_token&refresh_token=none`, 400, 'invalid_grant'],
    [`${CLIENT}&grant_type=implicit`, 400, 'unsupported_grant_type'],
  ])('are refused for %s', async (body, status, error) => {
    const reply = await ask(await startWithClient(), body);
    expect(reply.status).toBe(status);
    expect(reply.json().error).toBe(error);
  });

  test('are refreshed with a refresh token that is good once', async () => {
    const client = await startWithClient();
    const first = (
      await ask(client, `${CLIENT}&grant_type=password&username=supervisor&password=password`)
    ).json();
    const refresh = `${CLIENT}&grant_type=refresh_token&refresh_token=${String(first.refresh_token)}`;
    const second = (await ask(client, refresh)).json();
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await ask(client, refresh)).status).toBe(400);
    expect((await client.send('/api/v2/agents/states', bearer(second.access_token))).status).toBe(200);
  });

  test('come from a code and the verifier that belongs to it', async () => {
    const client = await startWithClient();
    const challenge = createHash('sha256').update('verifier').digest('base64url');
    const back = encodeURIComponent('http://127.0.0.1:9/back');
    const page = `/oauth/authorize?response_type=code&client_id=client&redirect_uri=${back}&state=xyz`;
    expect((await client.send(page)).status).toBe(400);
    const redirect = await client.send(`${page}&code_challenge=${challenge}&code_challenge_method=S256`);
    const target = new URL(String(redirect.headers.location));
    expect(target.searchParams.get('state')).toBe('xyz');
    const exchange = `${CLIENT}&grant_type=authorization_code&redirect_uri=${back}&code=${target.searchParams.get('code')}`;
    const answer = await ask(client, `${exchange}&code_verifier=verifier`);
    expect(answer.json()).toHaveProperty('refresh_token');
    expect((await ask(client, `${exchange}&code_verifier=verifier`)).status).toBe(400);
  });

  test('do not let in whom the scope is missing, or a user context where one is needed', async () => {
    const client = await startWithClient();
    const narrow = (await ask(client, `${CLIENT_CREDENTIALS}&scope=user:read`)).json();
    const report = await client.send('/api/v2/users/usr_000001/agentStatus', bearer(narrow.access_token));
    expect(report.status).toBe(403);
    expect(report.json().message).toContain('agent:state:read');
    const states = await client.send('/api/v2/agents/states');
    expect(states.status).toBe(403);
    expect(states.json().code).toBe('no_user_context');
  });

  test('are asked for everywhere', async () => {
    const client = await startWithClient();
    expect((await client.send('/api/v2/users', { headers: { authorization: '' } })).status).toBe(401);
    expect((await client.send('/api/v2/users', { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  });
});
