const REMOVED = '[removed]';
/** Tokens that are remembered beside the configured secrets; older ones have long expired. */
const MAX_TOKENS = 8;

/** What gives a secret away by what stands before it, however it came into the text. */
const GIVEN_AWAY: readonly RegExp[] = [
  /\b((?:bearer|basic)\s+)[^\s"',;]+/gi,
  /((?<![a-z])(?:access_token|refresh_token|id_token|client_secret|client_assertion|password|passwd|secret|api_?key|code_verifier|assertion|authorization|(?<![a-z_])code(?=%?=))["']?\s*(?:=|:|%3D)\s*["']?)[^\s"'&,;}<]+/gi,
  /(:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  /()\beyJ[\w-]{8,}(?:\.[\w-]*)*/g,
];

/** Takes secrets out of text that a person or a log will see. */
export class Secrets {
  readonly #fixed: readonly string[];
  #tokens: readonly string[] = [];

  constructor(fixed: readonly (string | undefined)[]) {
    this.#fixed = fixed.filter((secret) => secret !== undefined && secret !== '').flatMap(spellings);
  }

  /** Remembers a token that was issued. */
  add(token: string): void {
    if (token === '' || this.#tokens.includes(token)) return;
    this.#tokens = [token, ...this.#tokens].slice(0, MAX_TOKENS);
  }

  /** The text without any known secret and without what looks like one. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of [...this.#fixed, ...this.#tokens]) clean = clean.replaceAll(secret, REMOVED);
    for (const pattern of GIVEN_AWAY) clean = clean.replace(pattern, `$1${REMOVED}`);
    return clean;
  }
}

/** A vendor that repeats our request may repeat it form-encoded or as JSON. */
function spellings(secret: string | undefined): string[] {
  if (secret === undefined) return [];
  const form = new URLSearchParams({ s: secret }).toString().slice(2);
  return [...new Set([secret, form, form.replaceAll('+', '%20'), JSON.stringify(secret).slice(1, -1)])];
}
