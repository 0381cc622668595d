// What the prefilter knows of a regular expression: a tree over UTF-8 bytes that matches at least what the
// expression matches.

export type RegexNode =
  /** Exactly these bytes. */
  | { readonly kind: 'bytes'; readonly bytes: readonly number[] }
  /** One character: an ASCII one of `ascii`, or a non-ASCII one as `beyond` says. */
  | { readonly kind: 'char'; readonly ascii: AsciiSet; readonly beyond: 'none' | 'space' | 'any' }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly node: RegexNode; readonly min: number; readonly max: number }
  /** The start of the line, and its end. */
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  /** Any string at all. */
  | { readonly kind: 'anything' };

/** Membership of the 128 ASCII characters. */
export type AsciiSet = Uint8Array;
