// The closed list of what can go wrong with a request, each with its HTTP status and its title. The codes of WrapperError
// are among them, so that an error of a store reaches a client under the name that it has everywhere. Documented in
// docs/API.md.

import type { ErrorCode } from './errors.ts';

export interface ProblemKind {
  readonly status: number;
  /** A few words that are the same for every occurrence. */
  readonly title: string;
}

const kind = (status: number, title: string): ProblemKind => ({ status, title });

/** What the server refuses before it has looked at anything stored, and what a route can say about a request. */
const OF_A_REQUEST = {
  request_malformed: kind(400, 'The request is not valid HTTP'),
  host_missing: kind(400, 'There must be exactly one Host header'),
  parameter_unknown: kind(400, 'A parameter is unknown'),
  parameter_invalid: kind(400, 'A parameter has a value that it cannot have'),
  body_invalid: kind(400, 'The body is not what this endpoint takes'),
  token_required: kind(401, 'This needs the bearer token'),
  token_wrong: kind(401, 'The bearer token is wrong'),
  host_refused: kind(403, 'The Host header does not name this server'),
  origin_refused: kind(403, 'The request comes from a foreign origin'),
  cross_site_refused: kind(403, 'The browser sent the request for another site'),
  run_not_allowed: kind(403, 'This server starts no runs'),
  not_found: kind(404, 'There is no such endpoint'),
  agent_unknown: kind(404, 'Nothing is stored of this agent'),
  pattern_unknown: kind(404, 'Nothing is stored of this pattern'),
  replay_unknown: kind(404, 'There is no such replay'),
  method_not_allowed: kind(405, 'The endpoint does not take this method'),
  request_timeout: kind(408, 'The request took too long to arrive'),
  body_too_large: kind(413, 'The body is too large'),
  url_too_long: kind(414, 'The address is too long'),
  content_type_unsupported: kind(415, 'The body must be JSON'),
  upgrade_required: kind(426, 'This endpoint speaks WebSocket'),
  rate_limited: kind(429, 'Too many requests'),
  headers_too_large: kind(431, 'The headers are too large'),
  overloaded: kind(503, 'Too many connections are open'),
  too_many_runs: kind(503, 'As many runs are under way as there may be'),
  shutting_down: kind(503, 'The server is ending'),
} as const satisfies Record<string, ProblemKind>;

/** What the rest of the product can say; complete by its type. */
const OF_THE_WRAPPER: Readonly<Record<ErrorCode, ProblemKind>> = {
  usage: kind(400, 'The request asks for something that makes no sense'),
  pattern_invalid: kind(400, 'A pattern cannot be used'),
  session_unknown: kind(404, 'There is no such session'),
  session_ambiguous: kind(409, 'Several sessions begin like this'),
  session_exists: kind(409, 'The session is stored already'),
  recording_absent: kind(404, 'There is no recording of the session'),
  export_too_large: kind(422, 'The session is too large for this format'),
  import_invalid: kind(422, 'The file cannot be imported'),
  database_foreign: kind(503, 'The database belongs to another program'),
  database_newer: kind(503, 'The database was written by a newer wrapper'),
  database_damaged: kind(503, 'The database is damaged'),
  database_locked: kind(503, 'The database is locked'),
  storage_unavailable: kind(503, 'A file cannot be read or written'),
  cursor_invalid: kind(400, 'The cursor is not one of this list'),
  query_invalid: kind(400, 'The query cannot be understood'),
  query_too_large: kind(422, 'The query would take too much work'),
  port_in_use: kind(503, 'The port is in use'),
  address_unusable: kind(503, 'The address cannot be listened on'),
  already_served: kind(409, 'The database is served already'),
  session_ended: kind(409, 'The session has ended'),
  session_not_reachable: kind(503, 'The process of the session cannot be reached'),
  input_not_possible: kind(409, 'Nothing can be typed into the session'),
  resize_not_possible: kind(409, 'The session has no terminal of its own'),
  request_id_reused: kind(409, 'The request id belongs to another command'),
  control_failed: kind(500, 'The command could not be carried out'),
  server_absent: kind(503, 'No server runs for the database'),
  command_not_found: kind(422, 'The command does not exist'),
  command_not_executable: kind(422, 'The command cannot be executed'),
  plan_invalid: kind(422, 'The plan cannot be carried out'),
  run_unknown: kind(404, 'There is no such run'),
  run_ambiguous: kind(409, 'Several runs begin like this'),
  run_not_stored: kind(500, 'The run could not be stored'),
  campaign_unknown: kind(404, 'There is no such campaign'),
  campaign_ambiguous: kind(409, 'Several campaigns begin like this'),
  campaign_exists: kind(409, 'There is such a campaign already'),
  scan_invalid: kind(422, 'The document is no result of a scan'),
  persistence_failed: kind(503, 'The object storage cannot be used'),
  artifact_absent: kind(404, 'There is no such object'),
  artifact_upload_failed: kind(502, 'The object could not be stored'),
  artifact_download_failed: kind(502, 'The object could not be read'),
  stage_failed: kind(422, 'The stage did not come to its end'),
  internal: kind(500, 'A bug of the wrapper'),
};

export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = { ...OF_A_REQUEST, ...OF_THE_WRAPPER };
export type ProblemCode = ErrorCode | keyof typeof OF_A_REQUEST;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];
