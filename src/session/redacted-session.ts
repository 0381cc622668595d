// What may be kept of a session's description: its command without secrets, and the version of what looks at its output.

import type { NewSession } from '../model/session.ts';
import { Redactor } from '../stream/redactor.ts';

/** @param patternsVersion of the pattern set that the session is looked at with */
export function redactedSession(session: NewSession, patternsVersion: string): NewSession {
  const redactor = new Redactor();
  return {
    ...session,
    extractionConfigVersion: patternsVersion,
    argv: session.argv === null ? null : redactor.redactArguments(session.argv),
    command: session.command === null ? null : redactor.redactText(session.command),
  };
}
