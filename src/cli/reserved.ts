// The words that name a subcommand and therefore cannot be an agent's name without `wrapper exec`. Loaded on
// the hot path, so that the grammar need not load the subcommands to know their names.

/** Subcommands of `wrapper`; `exec` is the escape for an agent whose name is one of the others. */
export const RESERVED_WORDS = [
  'exec',
  'sessions',
  'show',
  'events',
  'blocks',
  'stats',
  'log',
  'patterns',
  'config',
  'recover',
  'help',
] as const;
export type ReservedWord = (typeof RESERVED_WORDS)[number];

/** Whether the first word of a command line is a subcommand rather than an agent. */
export function isReserved(word: string): word is ReservedWord {
  return (RESERVED_WORDS as readonly string[]).includes(word);
}
