import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signatureFault } from '../../src/web/signature.ts';

const NOW = Date.UTC(2026, 2, 2, 8);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD+b5s';
const KEYS = [SECRET, OTHER].map(keyOf);

function keyOf(secret: string): Uint8Array {
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

function signed(body: string, { secret = SECRET, at = NOW, id = 'msg_1' } = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
  };
}

const fault = (headers: Record<string, string>, body: string, keys = KEYS): string | undefined =>
  signatureFault(keys, headers, Buffer.from(body), NOW);

describe('a signature', () => {
  it.each(['{}', '', '{"a":"ü 🦉"}', ' { "spaces" : 1 } ', 'x'.repeat(60_000)])(
    'made by the reference implementation over %.20s is valid',
    (body) => {
      expect(fault(signed(body), body)).toBeUndefined();
      expect(fault(signed(body, { secret: OTHER }), body)).toBeUndefined();
    },
  );

  it('is over the very bytes, the id and the time', () => {
    const headers = signed('{"a":1}');
    expect(fault(headers, '{"a": 1}')).toMatch(/secret/);
    expect(fault({ ...headers, 'webhook-id': 'msg_2' }, '{"a":1}')).toMatch(/secret/);
    expect(fault({ ...headers, 'webhook-timestamp': String(NOW / 1000 + 1) }, '{"a":1}')).toMatch(/secret/);
    expect(fault(headers, '{"a":1}', [keyOf(OTHER)])).toMatch(/secret/);
    expect(fault(headers, '{"a":1}', [])).toMatch(/secret/);
  });

  it.each([
    [299, undefined],
    [300, undefined],
    [301, /5 minutes/],
    [-300, undefined],
    [-301, /5 minutes/],
  ])('made %d seconds from now is judged by the clock', (seconds, expected) => {
    const found = fault(signed('{}', { at: NOW + seconds * 1000 }), '{}');
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(expected);
  });

  it('may stand among others, of other versions and secrets', () => {
    const headers = signed('{}');
    const own = headers['webhook-signature'];
    const alien = 'v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    expect(fault({ ...headers, 'webhook-signature': `v1a,zzz ${alien} ${own}` }, '{}')).toBeUndefined();
    expect(fault({ ...headers, 'webhook-signature': own.replace('v1,', 'v2,') }, '{}')).toBeDefined();
    expect(fault({ ...headers, 'webhook-signature': own.slice('v1,'.length) }, '{}')).toBeDefined();
    expect(fault({ ...headers, 'webhook-signature': `${`${alien} `.repeat(8)}${own}` }, '{}')).toBeDefined();
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('needs %s', (name) => {
    expect(fault({ ...signed('{}'), [name]: '' }, '{}')).toMatch(/must be there/);
  });

  it.each(['now', '1e9', '-5', '17724384000000', '1772438400.5'])('is of no time when that is %s', (text) => {
    expect(fault({ ...signed('{}'), 'webhook-timestamp': text }, '{}')).toMatch(/number of seconds/);
  });
});
