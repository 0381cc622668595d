// The one place where the commands call recovery.

import { messageOf } from '../model/errors.ts';
import type { RecoveryReport } from '../session/recovery.ts';
import type { Output } from './output.ts';

/** Below this number of sessions nobody waits long enough to want to be told. */
const WORTH_A_NOTE = 3;

/**
 * Recovers the dead sessions of a database. Never throws, so that what is stored can be read whatever is wrong with what
 * is not. A long recovery is announced on stderr.
 */
export async function recoverDeadSessions(dbPath: string, output: Output): Promise<RecoveryReport> {
  let announced = false;
  try {
    const recovery = await import('../session/recovery.ts');
    return recovery.recoverDeadSessions({
      dbPath,
      onProgress: (_done, total) => {
        if (announced || total < WORTH_A_NOTE) return;
        announced = true;
        output.note(`Recovering ${total} sessions whose wrapper died …`);
      },
    });
  } catch (error) {
    return { recovered: [], failed: [{ sessionId: '', reason: messageOf(error) }] };
  }
}
