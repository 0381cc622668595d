// Where the native half of better-sqlite3 lies.

import { createRequire } from 'node:module';

/** Names the addon's file as an option of the connection, which spares better-sqlite3 a search through a dozen folders at every start. */
export function nativeBinding(): { nativeBinding?: string } {
  try {
    const { resolve } = createRequire(import.meta.url);
    return { nativeBinding: resolve('better-sqlite3/build/Release/better_sqlite3.node') };
  } catch {
    return {}; // built somewhere else: it finds the file itself
  }
}
