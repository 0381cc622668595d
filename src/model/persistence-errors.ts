// What object storage throws, under the names of the specification. They are errors like any other of ours, with a code, and
// can be told from one another in every bundle, each of which has its own copy of the classes.

import { type ErrorCode, type ErrorDetails, WrapperError } from './errors.ts';

const CODES: readonly ErrorCode[] = [
  'persistence_failed',
  'artifact_absent',
  'artifact_upload_failed',
  'artifact_download_failed',
];

function hasCode(value: unknown, codes: readonly ErrorCode[]): boolean {
  return value instanceof WrapperError && codes.includes((value as WrapperError).code);
}

/** The object storage cannot be used, or one of the errors below. */
export class PersistenceError extends WrapperError {
  constructor(message: string, details: ErrorDetails = {}, code: ErrorCode = 'persistence_failed') {
    super(code, message, details);
    this.name = new.target.name;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasCode(value, CODES);
  }
}

/** There is no object of that name. */
export class ArtifactNotFoundError extends PersistenceError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details, 'artifact_absent');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasCode(value, ['artifact_absent']);
  }
}

/** An object could not be stored, or is not what was stored when it is read back. */
export class ArtifactUploadError extends PersistenceError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details, 'artifact_upload_failed');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasCode(value, ['artifact_upload_failed']);
  }
}

/** An object is there and could not be read. */
export class ArtifactDownloadError extends PersistenceError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details, 'artifact_download_failed');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasCode(value, ['artifact_download_failed']);
  }
}
