// The user's terminal while a child on a pseudo-terminal has it: raw, so that every key reaches the child as the byte
// it is, and put back afterwards on every path. stty(1) does it, because Node's own raw mode leaves output processing
// on, and a full-screen program that moves down with a bare line feed would be drawn wrong.

import { spawnSync } from 'node:child_process';

export class RawTerminal {
  #saved: string | undefined;
  #usesStty = false;

  /** Saves the modes of the terminal on stdin and makes it raw. */
  enter(): void {
    if (this.#saved === undefined) {
      const shown = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
      this.#saved = shown.status === 0 ? shown.stdout.trim() : '';
    }
    this.#usesStty = this.#saved !== '' && stty(['raw', '-echo']);
    if (!this.#usesStty) process.stdin.setRawMode?.(true);
  }

  /** Puts the saved modes back; harmless when nothing was changed. */
  leave(): void {
    if (this.#saved === undefined) return;
    if (this.#usesStty) stty([this.#saved]);
    else process.stdin.setRawMode?.(false);
  }
}

/**
 * Whether the terminal behind `fd` turns Ctrl-Z into a stop signal (isig set, susp = ^Z), as opposed to a full-screen
 * program that reads the key itself.
 */
export function suspendsOnKey(fd: number): boolean {
  const shown = spawnSync('stty', ['-a'], { stdio: [fd, 'pipe', 'ignore'], encoding: 'utf8' });
  if (shown.status !== 0) return false;
  return /(^|\s)isig(;|\s|$)/.test(shown.stdout) && /susp = \^Z/.test(shown.stdout);
}

function stty(args: readonly string[]): boolean {
  return spawnSync('stty', [...args], { stdio: ['inherit', 'ignore', 'ignore'] }).status === 0;
}
