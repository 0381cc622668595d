// Paths as people write them. On the hot path: it loads nothing but Node's own.

import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';

export interface PathContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home?: string | undefined;
}

/** A path of a person: relative to the working directory, `~` for the home folder also where no shell has seen to it. */
export function resolvePath(path: string, context: PathContext): string {
  const [first, ...rest] = path.split('/');
  const home = first === '~' ? homeOf(context) : undefined;
  return home === undefined ? resolve(context.cwd, path) : join(home, ...rest);
}

/** The home folder: as given, by HOME, or by the user database; undefined without any. */
export function homeOf({ home, env }: Omit<PathContext, 'cwd'>): string | undefined {
  return home ?? (env['HOME'] || homeOfUser());
}

function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // A user id without an entry in the user database, as in many containers: there is no user file then.
    return undefined;
  }
}
