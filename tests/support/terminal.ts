// A terminal with a person at it: a tmux session of its own, keys that are typed, a screen that is read.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { pathWithWrapper } from './shell.ts';
import { bare, type Outcome, temporaryFolder, testEnvironment, until } from './wrapper.ts';

const sockets: string[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) spawnSync('tmux', ['-S', socket, 'kill-server']);
});

export class Terminal {
  readonly cwd: string;
  readonly #socket: string;

  /** Opens a terminal of 100 by 30 with a shell in `cwd` that has `wrapper` on its PATH. */
  constructor(cwd: string = temporaryFolder()) {
    this.cwd = cwd;
    this.#socket = join(temporaryFolder(), 'tmux');
    sockets.push(this.#socket);
    const env = testEnvironment(cwd, {
      PATH: pathWithWrapper(),
      TERM: 'xterm-256color',
      HISTFILE: '/dev/null',
    });
    delete env['TMUX'];
    const startFile = join(temporaryFolder(), 'bashrc');
    writeFileSync(startFile, "PS1='ready> '\n");
    const started = spawnSync(
      'tmux',
      [
        '-S',
        this.#socket,
        '-f',
        '/dev/null',
        'new-session',
        '-d',
        '-x',
        '100',
        '-y',
        '30',
        `bash --rcfile ${startFile}`,
      ],
      { cwd, env, encoding: 'utf8' },
    );
    if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Presses keys by tmux's names: `Enter`, `C-z`, `Escape`. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Types a command line and presses Enter. */
  run(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What stands on the screen. */
  screen(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** A format of tmux, such as `alternate_on`. */
  query(format: string): string {
    return this.#tmux('display-message', '-p', `#{${format}}`).trim();
  }

  async shows(text: string | RegExp, limitMs?: number): Promise<void> {
    const there = (): boolean => {
      const screen = this.screen();
      return typeof text === 'string' ? screen.includes(text) : text.test(screen);
    };
    await until(`the terminal shows ${text}`, there, limitMs).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.screen()}`);
    });
  }

  #tmux(...args: string[]): string {
    const done = spawnSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`tmux ${args[0]}: ${done.stderr}`);
    return done.stdout;
  }
}

/** Runs a shell script on a terminal that nobody watches (script(1)); its output comes out on stdout. */
export async function onTerminal(
  script: string,
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const found = await bare(['script', '--quiet', '--return', '--command', script, '/dev/null'], {
    cwd: options.cwd,
    env: { PATH: pathWithWrapper(), SHELL: '/bin/sh', TERM: 'xterm-256color', ...options.env },
  });
  // script(1) types an end of file when its own input has ended; a terminal that is just being changed may echo it.
  return { ...found, stdout: Buffer.from(found.stdout.toString('latin1').replaceAll('^@', ''), 'latin1') };
}
