import type { Call, Route } from './route.ts';
import type { Client, Grant } from './tokens.ts';
import { type Answer, json } from './wire.ts';

/** Section 1 of the contract: tokens. */
export const OAUTH_ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/oauth\/token$/, family: 'token', access: 'open', answer: token },
  { method: 'POST', path: /^\/oauth\/revoke$/, family: 'token', access: 'open', answer: revoke },
  { method: 'GET', path: /^\/oauth\/authorize$/, family: 'token', access: 'open', answer: authorize },
];

function token(call: Call): Answer {
  const form = new URLSearchParams(call.request.body);
  const client = clientOf(call, form);
  const { tokens } = call.premises;
  if (client === undefined) return refuse(call, 401, 'invalid_client', 'Client authentication failed');
  const grantType = form.get('grant_type') ?? '';
  const grant = grantFor(call, form, client, grantType);
  if (grant === 'unsupported') return refuse(call, 400, 'unsupported_grant_type', grantType);
  if (grant === undefined) return refuse(call, 400, 'invalid_grant', `The ${grantType} grant is not valid`);
  tokens.counts.add(grantType);
  return json(200, tokens.issue(grant, call.now));
}

function grantFor(
  call: Call,
  form: URLSearchParams,
  client: Client,
  grantType: string,
): Grant | undefined | 'unsupported' {
  const { tokens, passwords } = call.premises;
  const text = (name: string) => form.get(name) ?? '';
  switch (grantType) {
    case 'client_credentials':
      return { clientId: client.id, username: undefined, scopes: scopesOf(client, form.get('scope')) };
    case 'password': {
      const username = text('username');
      if (!passwords.has(username) || passwords.get(username) !== text('password')) return undefined;
      return { clientId: client.id, username, scopes: scopesOf(client, form.get('scope')) };
    }
    case 'refresh_token':
      return tokens.takeRefreshToken(text('refresh_token'), client.id);
    case 'authorization_code':
      return tokens.takeCode(text('code'), client.id, text('redirect_uri'), text('code_verifier'));
    default:
      return 'unsupported';
  }
}

function revoke(call: Call): Answer {
  const form = new URLSearchParams(call.request.body);
  if (clientOf(call, form) === undefined)
    return refuse(call, 401, 'invalid_client', 'Client authentication failed');
  call.premises.tokens.revoke(form.get('token') ?? '');
  return { status: 200, headers: {}, body: '' };
}

/** The person agrees at once: the first of those with a password. */
function authorize(call: Call): Answer {
  const { query, premises } = call;
  const client = premises.clients.find((one) => one.id === query.get('client_id'));
  const redirectUri = query.get('redirect_uri') ?? '';
  const challenge = query.get('code_challenge') ?? '';
  if (client === undefined || !URL.canParse(redirectUri))
    return refuse(call, 400, 'invalid_request', 'client');
  if (challenge === '' || query.get('code_challenge_method') !== 'S256') {
    return refuse(call, 400, 'invalid_request', 'PKCE with S256 is required');
  }
  const [username] = premises.passwords.keys();
  const scopes = scopesOf(client, query.get('scope'));
  const target = new URL(redirectUri);
  const code = premises.tokens.issueCode({ clientId: client.id, username, scopes, challenge, redirectUri });
  target.searchParams.set('code', code);
  target.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, headers: { location: target.href }, body: '' };
}

function refuse(call: Call, status: number, error: string, description: string): Answer {
  call.premises.tokens.counts.add('refused');
  return json(status, { error, error_description: description });
}

/** A client names itself in the header (Basic) or in the form. */
function clientOf(call: Call, form: URLSearchParams): Client | undefined {
  const basic = basicOf(call.request.headers.authorization);
  const id = basic?.id ?? form.get('client_id');
  const secret = basic?.secret ?? form.get('client_secret');
  return call.premises.clients.find((client) => client.id === id && client.secret === secret);
}

function basicOf(authorization: string | undefined): { id: string; secret: string } | undefined {
  if (authorization === undefined || !authorization.startsWith('Basic ')) return undefined;
  const [id = '', secret = ''] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

/** RFC 6749 has both parts form encoded before they are joined. */
function formDecoded(text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? '';
}

/** What was asked for and may be had; without asking, all that may be had. */
function scopesOf(client: Client, asked: string | null): ReadonlySet<string> {
  if (asked === null || asked.trim() === '') return new Set(client.scopes);
  return new Set(asked.split(' ').filter((scope) => client.scopes.includes(scope)));
}
