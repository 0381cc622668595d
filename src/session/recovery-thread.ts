// The thread in which a starting session lets dead sessions of the same database be recovered.

import { recoverDeadSessions } from './recovery.ts';
import type { RecoveryThreadData } from './recovery-host.ts';

export function runRecoveryThread(data: RecoveryThreadData): void {
  recoverDeadSessions({ dbPath: data.dbPath });
}
