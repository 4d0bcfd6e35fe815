import { type AccessToken, ROLES } from '../domain/role.ts';
import { Fault, oneOf, type Parse } from './values.ts';

/** Lines `name:role:sha256-of-token`; also with commas between, for where a line break cannot be given. */
export const httpTokens: Parse<readonly AccessToken[]> = (value) => {
  const tokens: AccessToken[] = [];
  const lines = value.split(/[\n,]/).map((line) => line.trim());
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const token = readToken(line);
    if (token instanceof Fault) return new Fault(`entry ${index + 1} ${token.message}`, false);
    if (tokens.some((other) => other.name === token.name)) {
      return new Fault(`entry ${index + 1} must not have the name of an earlier one`, false);
    }
    if (tokens.some((other) => other.sha256 === token.sha256)) {
      return new Fault(`entry ${index + 1} must not have the token of an earlier one`, false);
    }
    tokens.push(token);
  }
  return tokens;
};

function readToken(line: string): AccessToken | Fault {
  const [name = '', roleText = '', digest = '', ...more] = line.split(':').map((part) => part.trim());
  if (name === '' || more.length > 0) return new Fault('must be name:role:sha256-of-token');
  const role = oneOf(...ROLES)(roleText);
  if (role instanceof Fault) return new Fault(`must have a role; it ${role.message}`);
  if (!/^[0-9a-f]{64}$/i.test(digest)) {
    return new Fault('must end in the SHA-256 of the token, 64 hexadecimal digits, not the token itself');
  }
  return { name, role, sha256: digest.toLowerCase() };
}

/** Bytes that Standard Webhooks asks for at least. */
const MIN_SECRET_BYTES = 24;

/** `whsec_` and base64; two of them with a comma between while one replaces the other. */
export const webhookSecrets: Parse<readonly Uint8Array[]> = (value) => {
  const secrets = value.split(',').map((secret) => secret.trim());
  const keys = secrets.map((secret) => /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]);
  const decoded = keys.map((key) => Buffer.from(key ?? '', 'base64'));
  if (secrets.length <= 2 && decoded.every((key) => key.length >= MIN_SECRET_BYTES)) return decoded;
  return new Fault(
    `must be whsec_ and at least ${MIN_SECRET_BYTES} bytes in base64, or two of them with a comma between`,
    false,
  );
};
