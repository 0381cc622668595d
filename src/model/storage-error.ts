// What a storage of runs throws, under the names of the specification. They are errors like any other of ours, with a
// code, and can be told from one another in every bundle, each of which has its own copy of the classes.

import { type ErrorDetails, WrapperError } from './errors.ts';

const NAMES = { storage: Symbol.for('wrapper.storage-error'), absent: Symbol.for('wrapper.not-found-error') };

function carries(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && brand in value;
}

/** Something could not be stored or read: `run_not_stored`. */
export class StorageError extends WrapperError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('run_not_stored', message, details);
    this.name = 'StorageError';
    Object.defineProperty(this, NAMES.storage, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return carries(value, NAMES.storage);
  }
}

/** What was asked for is not there: `run_unknown`. */
export class NotFoundError extends WrapperError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('run_unknown', message, details);
    this.name = 'NotFoundError';
    Object.defineProperty(this, NAMES.absent, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return carries(value, NAMES.absent);
  }
}
