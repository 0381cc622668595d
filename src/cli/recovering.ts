// The one place where the commands call recovery.

import type { RecoveryReport } from '../session/recovery.ts';
import type { Output } from './output.ts';

/** Below this number of sessions nobody waits long enough to want to be told. */
const WORTH_A_NOTE = 3;

/** Recovers the dead sessions of a database; never throws. A long recovery is announced on stderr. */
export async function recoverDeadSessions(dbPath: string, output: Output): Promise<RecoveryReport> {
  const recovery = await import('../session/recovery.ts');
  let announced = false;
  return recovery.recoverDeadSessions({
    dbPath,
    onProgress: (_done, total) => {
      if (announced || total < WORTH_A_NOTE) return;
      announced = true;
      output.note(`Recovering ${total} sessions whose wrapper died …`);
    },
  });
}
