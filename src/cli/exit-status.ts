// The exit statuses of the wrapper itself. A wrapped run ends with the status of its command; these are for
// what happens before the command runs and for the commands that only read.

import type { ErrorCode } from '../model/errors.ts';

export const EXIT_OK = 0;
/** The command did not do what it was asked to. */
export const EXIT_FAILED = 1;
/** The command line, a variable, a configuration or pattern file, or the named database is wrong. */
export const EXIT_USAGE = 2;
/** The session, run, agent, campaign or scan that was named does not exist. */
export const EXIT_NOT_FOUND = 3;
/** The wrapper failed before the wrapped command was started, as with `env` and `timeout`. */
const EXIT_WRAPPER_FAILED = 125;
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_COMMAND_NOT_FOUND = 127;

/**
 * The exit status for an error.
 *
 * @param when `run`: before a wrapped command was started; `read`: in any other command
 */
export function exitStatusOf(code: ErrorCode, when: 'run' | 'read' = 'run'): number {
  switch (code) {
    case 'usage':
    case 'pattern_invalid':
    case 'cursor_invalid':
    case 'query_invalid':
    case 'query_too_large':
    case 'database_foreign':
    case 'database_newer':
    case 'session_ambiguous':
    case 'session_exists':
    case 'plan_invalid':
    case 'run_ambiguous':
    case 'campaign_ambiguous':
    case 'campaign_exists':
      return EXIT_USAGE;
    case 'session_unknown':
    case 'recording_absent':
    case 'run_unknown':
    case 'campaign_unknown':
    case 'artifact_absent':
      return EXIT_NOT_FOUND;
    case 'command_not_executable':
      return EXIT_NOT_EXECUTABLE;
    case 'command_not_found':
      return EXIT_COMMAND_NOT_FOUND;
    case 'database_damaged':
    case 'database_locked':
    case 'storage_unavailable':
    case 'export_too_large':
    case 'import_invalid':
    case 'port_in_use':
    case 'address_unusable':
    case 'already_served':
    case 'session_ended':
    case 'session_not_reachable':
    case 'input_not_possible':
    case 'resize_not_possible':
    case 'request_id_reused':
    case 'control_failed':
    case 'server_absent':
    case 'run_not_stored':
    case 'scan_invalid':
    case 'persistence_failed':
    case 'artifact_upload_failed':
    case 'artifact_download_failed':
    case 'stage_failed':
    case 'internal':
      return when === 'run' ? EXIT_WRAPPER_FAILED : EXIT_FAILED;
  }
}
