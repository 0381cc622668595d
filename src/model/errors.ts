// The one error class of the product. Facts are fields, the message is a sentence for a person, and
// the hint says what that person can do. The CLI turns a code into an exit status (see src/cli/exit-status.ts),
// the API into a problem document; nothing else prints.

/** Every way in which the wrapper itself can fail; closed, so that a `switch` over it is checked. */
export type ErrorCode =
  | 'usage' // the command line, an environment variable or a configuration file is wrong
  | 'pattern_invalid' // a pattern file cannot be read, parsed or validated
  | 'database_foreign' // the file given as database belongs to another program, or is no database
  | 'database_newer' // the database was written by a newer wrapper
  | 'database_damaged' // SQLite reports corruption
  | 'database_locked' // another process held the lock for longer than the busy timeout
  | 'storage_unavailable' // a folder or file cannot be made, read or written
  | 'session_unknown' // no session has this id or prefix
  | 'session_ambiguous' // several sessions share this prefix
  | 'cursor_invalid' // a cursor of a page was not made by us, or for another list
  | 'query_invalid' // a query names a column, an operator or a value that cannot be
  | 'query_too_large' // a query would look at more rows, or is longer, than is allowed
  | 'port_in_use' // somebody else listens on the port that was asked for
  | 'address_unusable' // the server cannot listen on the address or port that was asked for
  | 'already_served' // another process serves this database
  | 'session_exists' // a session that is to be imported is stored already
  | 'recording_absent' // no recording of the session was kept, or its file is gone
  | 'export_too_large' // the session is larger than the format can take
  | 'import_invalid' // a file to be imported is not what it must be
  | 'session_ended' // the session that was to be controlled is over
  | 'session_not_reachable' // the process that runs the session cannot be asked
  | 'input_not_possible' // nothing can be typed into the session
  | 'resize_not_possible' // the session has no terminal of its own
  | 'request_id_reused' // the id of a command was given to another one before
  | 'control_failed' // the system refused what a command asked for
  | 'server_absent' // no server runs for the database
  | 'command_not_found' // the wrapped command does not exist
  | 'command_not_executable' // the wrapped command exists and cannot be executed
  | 'plan_invalid' // a plan cannot be read or makes no sense, or no plan can be made of a goal
  | 'run_unknown' // no run has this id or prefix
  | 'run_ambiguous' // several runs share this prefix
  | 'run_not_stored' // a run has taken place, or is asked for, and the storage failed
  | 'campaign_unknown' // no campaign has this id or prefix
  | 'campaign_ambiguous' // several campaigns share this prefix
  | 'campaign_exists' // a campaign that is to be made is there already
  | 'scan_invalid' // a document is not the result of a scan that it must be
  | 'persistence_failed' // the object storage cannot be used
  | 'artifact_absent' // there is no object of this name in the object storage
  | 'artifact_upload_failed' // an object could not be put into the object storage
  | 'artifact_download_failed' // an object could not be read from the object storage
  | 'stage_failed' // a stage of a campaign did not come to its end
  | 'internal'; // a bug of ours

export interface ErrorDetails {
  /** What the person can do about it: one sentence, imperative. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What makes an error one of ours in every bundle and thread, each of which has its own copy of the class. */
const BRAND: unique symbol = Symbol.for('wrapper.error') as never;

/** An error whose message and hint are meant for the person at the terminal. */
export class WrapperError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  /**
   * @param code machine-readable kind of the failure
   * @param message one sentence: what was wrong and where, without a final full stop
   */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WrapperError';
    this.code = code;
    this.hint = details.hint;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** The message of anything that was thrown, for a sentence that goes on after a colon. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
