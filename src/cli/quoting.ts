// Shows a command as a person would type it. For display only: nobody parses it back.

const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** @param shell the single word is a shell command and is shown as it is */
export function commandLine(words: readonly string[], shell: boolean): string {
  if (shell) return words[0] ?? '';
  return words.map((word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
