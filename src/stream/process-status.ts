// What /proc tells about signals and terminals of a process. On systems without /proc every answer is "unknown", and
// the callers choose the cautious side.

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { isatty } from 'node:tty';

/**
 * Signals that this process was started with ignored. Node resets them all when it starts, so the kernel no longer knows;
 * nohup(1), the one common case, is told by the variable in which bash and zsh leave the command that they started.
 */
export function inheritedIgnoredSignals(env: NodeJS.ProcessEnv = process.env): NodeJS.Signals[] {
  return basename(env['_'] ?? '') === 'nohup' ? ['SIGHUP'] : [];
}

/** What a process does about a signal. */
export function dispositionOf(
  pid: number,
  signal: NodeJS.Signals,
): 'default' | 'ignored' | 'caught' | 'unknown' {
  const [ignored, caught] = [signalMask(String(pid), 'SigIgn'), signalMask(String(pid), 'SigCgt')];
  if (ignored === undefined || caught === undefined) return 'unknown';
  if (has(ignored, signal)) return 'ignored';
  return has(caught, signal) ? 'caught' : 'default';
}

/**
 * Whether this process is in the foreground of a terminal: then Ctrl-C and Ctrl-\ reach the child without our help.
 * Fields 5 (pgrp), 7 (tty_nr) and 8 (tpgid) of /proc/self/stat.
 */
export function inTerminalForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [group, terminal, foreground] = [fields[2], fields[4], fields[5]];
    return terminal !== '0' && group === foreground;
  } catch {
    return isatty(0); // no /proc: the best guess there is
  }
}

/** Whether a core dump would be written if this process died of a core-dumping signal. */
export function coreDumpsEnabled(): boolean {
  try {
    const limit = /^Max core file size +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return limit?.[1] !== '0';
  } catch {
    return true; // unknown: do not risk overwriting the child's core with ours
  }
}

function signalMask(pid: string, field: 'SigIgn' | 'SigCgt'): bigint | undefined {
  try {
    const line = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'latin1'),
    );
    return line?.[1] === undefined ? undefined : BigInt(`0x${line[1]}`);
  } catch {
    return undefined; // no /proc, or the process is gone
  }
}

function has(mask: bigint, signal: NodeJS.Signals): boolean {
  return ((mask >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/**
 * Whether the command would have the terminal to itself if it ran without us: all three standard streams are one, and
 * we are its foreground job. Anything else (a redirection, a job in the background) is not to be hidden from it.
 */
export function terminalIsOurs(): boolean {
  return isatty(0) && isatty(1) && isatty(2) && inTerminalForeground();
}
