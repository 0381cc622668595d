// Brings an older database up to date before a command opens it, and says so when that takes long.

import { statSync } from 'node:fs';
import { formatSize } from './format.ts';
import type { Output } from './output.ts';

/** How long another process that does the same is waited for, in ms. */
const PATIENCE_MS = 30 * 60_000;

/** @throws WrapperError as `openDatabase` does */
export async function bringUpToDate(dbPath: string, output: Output): Promise<void> {
  const { needsLongUpgrade } = await import('../data/database-upgrade.ts');
  if (!needsLongUpgrade(dbPath)) return;
  const { isBeingUpgraded, openDatabase } = await import('../data/database.ts');
  try {
    openDatabase(dbPath, { create: false, refuseLongUpgrade: true }).close();
    return; // its new version stands in the log only, as long as somebody reads it
  } catch (error) {
    if (!isBeingUpgraded(error)) throw error;
  }
  const size = formatSize(statSync(dbPath).size);
  output.note(`Bringing ${dbPath} (${size}) up to date for this version of wrapper, which is done once …`);
  openDatabase(dbPath, { create: false, busyTimeoutMs: PATIENCE_MS }).close();
}
