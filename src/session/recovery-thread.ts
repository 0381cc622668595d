// The thread in which a starting session lets dead sessions of the same database be recovered.

import { workerData } from 'node:worker_threads';
import { recoverDeadSessions } from './recovery.ts';
import type { RecoveryThreadData } from './recovery-host.ts';

const data = workerData as RecoveryThreadData | null;
if (data?.wrapperThread === 'recovery') recoverDeadSessions({ dbPath: data.dbPath });
