// What a rule says about one kind of secret: the literal words (anchors) by which it is found, and the shape of what
// stands there. secret-shapes.ts knows the shapes; secret-tokens.ts and secret-rules.ts hold the rules.

/** A word that is a secret by itself: vendor tokens. */
export interface TokenRule {
  readonly shape: 'token';
  readonly name: string;
  readonly anchors: readonly string[];
  /** Which characters go on after the anchor; letters, digits and `_` always do. */
  readonly chars: '' | '-' | '-.' | '-./' | '+/=';
  /** What the whole word must look like, from the anchor to its last character. */
  readonly whole: RegExp;
  /** What the first 512 characters of a longer word must look like; `whole` when absent. */
  readonly cut?: RegExp;
  /** Whether the anchor must stand at the beginning of a word: for anchors that occur inside ordinary words. */
  readonly atWordStart?: true;
  readonly samples: SecretSamples;
}

/** A name, a sign and a value: `password: "…"`, `API_KEY=…`, `Authorization: Bearer …`, `--token …`. */
export interface AssignmentRule {
  readonly shape: 'assignment';
  readonly name: string;
  readonly anchors: readonly string[];
  /** How a value is judged (`password` is content with less than `key`), and what stands before it. */
  readonly kind: 'password' | 'key' | 'variable' | 'header' | 'bearer' | 'flag';
  readonly samples: SecretSamples;
}

/** `scheme://user:password@host`, of which the password is the secret. */
export interface UrlRule {
  readonly shape: 'url';
  readonly name: string;
  readonly anchors: readonly string[];
  readonly samples: SecretSamples;
}

/** A private key in PEM armour, over many lines or with `\n` in one. */
export interface PemRule {
  readonly shape: 'pem';
  readonly name: string;
  readonly anchors: readonly string[];
  readonly samples: SecretSamples;
}

/** A value that its place makes a secret: behind an option of a command, in a netrc file, in a cookie header. */
export interface PlaceRule {
  readonly shape: 'place';
  readonly name: string;
  readonly anchors: readonly string[];
  readonly place: 'curl' | 'mysql' | 'sshpass' | 'login' | 'netrc' | 'cookie' | 'set-cookie';
  readonly samples: SecretSamples;
}

interface SecretSamples {
  /** Texts with the secret between « and »; the marks are not part of the text. */
  readonly match: readonly string[];
  /** Texts in which nothing is a secret. */
  readonly noMatch: readonly string[];
}

export type SecretRule = TokenRule | AssignmentRule | UrlRule | PemRule | PlaceRule;
