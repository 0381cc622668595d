// Judges whether the value of an assignment is a secret or a word of code and prose: `password: "hunter22"` against
// `password: string`, `token = get_token()` and `API_KEY=your-key-here`.

/** What is known about a value besides its text. */
export interface ValueContext {
  readonly kind: 'password' | 'key' | 'variable' | 'header' | 'bearer' | 'flag';
  readonly quoted: boolean;
  /** `NAME=value` with an upper-case name and no spaces: an environment variable. */
  readonly environment: boolean;
  /** The name stood in quotes, as in JSON. */
  readonly nameQuoted: boolean;
  /** The value goes on behind what was read, because it is longer than the limit. */
  readonly long: boolean;
}

const PLACEHOLDER =
  /^(?:<.*|\$.*|%.*%?|\{.*|\*+|x{3,}|\.{2,}|-+|your[-_ ].*|my[-_].*|example.*|change_?me|placeholder|dummy|test|null|nil|none|undefined|true|false|required|optional|redacted|secrets?\..*|process\.env.*|os\.environ.*|env\..*)$/i;
const PATH = /^(?:~|\.{0,2})\/(?!.*[+=])/;
const NAME = /^[A-Za-z_$@][\w$]*(?:(?:\.|::|->|-)[A-Za-z_$][\w$]*)*$/;

export function looksSecret(value: string, context: ValueContext): boolean {
  if (value.length < 3 || PLACEHOLDER.test(value) || PATH.test(value)) return false;
  if (value.includes('://')) return false;
  if (/\s/.test(value)) return context.quoted && context.environment && context.kind === 'password';
  if (context.long) return true;
  const digits = /\d/.test(value);
  const letters = /[A-Za-z]/.test(value);
  switch (context.kind) {
    case 'header':
      return value.length >= (digits ? 8 : 20);
    case 'bearer':
      return value.length >= 16 && digits && letters;
    case 'variable':
      return context.environment && isRandom(value, 16);
    case 'key':
      return isRandom(value, context.environment ? 8 : 16);
    case 'flag':
    case 'password':
      if (!digits && NAME.test(value)) return context.environment && value.length >= 6;
      if (!letters && context.nameQuoted && !context.quoted) return false;
      return value.length >= (context.environment ? 6 : 8) && (context.quoted || isNoExpression(value));
  }
}

/** Letters and digits mixed, and not the same few over and over. */
function isRandom(value: string, minimum: number): boolean {
  if (value.length < minimum || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return new Set(value).size >= Math.min(8, minimum);
}

/** Unquoted values with dots between names are code: `config.db1.password`. */
function isNoExpression(value: string): boolean {
  return !/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value);
}
