// The client of a bucket, made when it is first needed because it takes a tenth of a second to load, and its calls, each within
// a time limit that counts all attempts. Credentials come from the usual chain of the SDK and are never looked at here.

import type { S3Client } from '@aws-sdk/client-s3';
import { CallTimeout } from './s3-errors.ts';

/** Milliseconds. */
export interface S3Limits {
  /** To connect. */
  readonly connect: number;
  /** From the request to its answer, for one attempt. */
  readonly request: number;
  /** For one operation with all attempts; of a multipart upload, for each part. */
  readonly call: number;
  /** Without a byte of a body that is read. */
  readonly stall: number;
  /** Of waiting for a body, after which it must not be slower than 1 KiB/s. */
  readonly patience: number;
}

export const USUAL_LIMITS: S3Limits = {
  connect: 3000,
  request: 30_000,
  call: 120_000,
  stall: 30_000,
  patience: 60_000,
};
const ATTEMPTS = 3;

export interface S3Address {
  readonly region: string | undefined;
  /** Undefined for AWS. */
  readonly endpoint: string | undefined;
  readonly pathStyle: boolean;
}

export type S3Module = typeof import('@aws-sdk/client-s3');
export type S3Call<T> = (client: S3Client, sdk: S3Module, abortSignal: AbortSignal) => Promise<T>;

export class S3Connection {
  readonly #address: S3Address;
  readonly #limits: S3Limits;
  #opened: Promise<{ readonly client: S3Client; readonly sdk: S3Module }> | undefined;

  constructor(address: S3Address, limits: S3Limits) {
    this.#address = address;
    this.#limits = limits;
  }

  /** @throws CallTimeout, or what the client throws */
  async call<T>(operation: S3Call<T>): Promise<T> {
    this.#opened ??= this.#open();
    const { client, sdk } = await this.#opened;
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // Not by the signal alone: the client does not listen to it while it waits for its next attempt.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new CallTimeout());
        abort.abort();
      }, this.#limits.call);
    });
    try {
      return await Promise.race([operation(client, sdk, abort.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const opened = await this.#opened;
    opened?.client.destroy();
  }

  async #open(): Promise<{ readonly client: S3Client; readonly sdk: S3Module }> {
    const sdk = await import('@aws-sdk/client-s3');
    const { region, endpoint, pathStyle } = this.#address;
    const client = withoutVersionWarning(
      () =>
        new sdk.S3Client({
          ...(region === undefined ? {} : { region }),
          ...(endpoint === undefined
            ? {}
            : {
                endpoint,
                // Many servers know nothing of the checksums that the client adds, and store their framing as content.
                requestChecksumCalculation: 'WHEN_REQUIRED' as const,
                responseChecksumValidation: 'WHEN_REQUIRED' as const,
              }),
          forcePathStyle: pathStyle,
          maxAttempts: ATTEMPTS,
          requestHandler: {
            connectionTimeout: this.#limits.connect,
            requestTimeout: this.#limits.request,
            // Without it the limit is a warning only.
            throwOnRequestTimeout: true,
          },
        }),
    );
    return { client, sdk };
  }
}

const WARNING_VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** The SDK warns on stderr of releases after ours, which is pinned; what the user has set is as before afterwards. */
function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[WARNING_VARIABLE];
  process.env[WARNING_VARIABLE] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[WARNING_VARIABLE];
    else process.env[WARNING_VARIABLE] = before;
  }
}
