// What a bucket answers or a network does, in a sentence each with what to do about it. Only names and statuses are taken from the
// answers of a server, never its text, in which a key of access can be.

/** Where it happened, for the sentence. */
export interface S3Place {
  /** `s3://bucket/prefix` */
  readonly location: string;
  readonly bucket: string;
  /** Host and port, or `AWS`. */
  readonly server: string;
}

/** Why something did not work: a clause for behind a colon, and a hint. */
export interface S3Failure {
  readonly reason: string;
  readonly hint: string;
}

/** The call took longer than all its attempts together may. */
export class CallTimeout extends Error {
  override readonly name = 'CallTimeout';
}

type Explain = (place: S3Place) => S3Failure;

const PERMISSION: Explain = ({ bucket, server }) => ({
  reason: `${server} refuses access to the bucket ${bucket}`,
  hint: 'Check that these credentials may do this here; without the right to list, a missing object looks the same.',
});
const WRONG_KEY: Explain = ({ server }) => ({
  reason: `${server} does not accept the credentials`,
  hint: 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE.',
});
const EXPIRED: Explain = () => ({
  reason: 'the credentials have expired',
  hint: 'Sign in again and set the new credentials, AWS_SESSION_TOKEN among them.',
});
const WRONG_PLACE: Explain = ({ bucket, server }) => ({
  reason: `the bucket ${bucket} is not in this region, or not at ${server}`,
  hint: 'Set AWS_REGION to the region of the bucket, or AWS_ENDPOINT_URL_S3 to its server.',
});
const BUSY: Explain = ({ server }) => ({
  reason: `${server} was busy or failed at every attempt`,
  hint: 'Try again later.',
});
const UNREACHABLE: Explain = ({ server }) => ({
  reason: `${server} cannot be reached, or drops the connection`,
  hint: 'Check the network and AWS_ENDPOINT_URL_S3, and try again.',
});
const LATE: Explain = ({ server }) => ({
  reason: `${server} did not answer in time`,
  hint: 'Check the network and AWS_ENDPOINT_URL_S3, and try again.',
});
const FULL: Explain = ({ server }) => ({
  reason: `${server} has no room for it`,
  hint: 'Remove what is not needed, or have the quota raised.',
});

const BY_NAME: Readonly<Record<string, Explain>> = {
  NoSuchBucket: missingBucket,
  AccessDenied: PERMISSION,
  Forbidden: PERMISSION,
  InvalidAccessKeyId: WRONG_KEY,
  SignatureDoesNotMatch: WRONG_KEY,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  RequestTimeTooSkewed: () => ({
    reason: 'the clock of this machine differs too much from that of the server',
    hint: 'Set the clock.',
  }),
  PermanentRedirect: WRONG_PLACE,
  AuthorizationHeaderMalformed: WRONG_PLACE,
  EntityTooLarge: () => ({ reason: 'it is too large for the server', hint: 'Split it.' }),
  QuotaExceeded: FULL,
  CredentialsProviderError: () => ({
    reason: 'no credentials were found',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
  }),
  InvalidBucketName: ({ bucket }) => ({
    reason: `${bucket} cannot be the name of a bucket there`,
    hint: 'Check S3_BUCKET_NAME.',
  }),
  CallTimeout: LATE,
  TimeoutError: LATE,
  AbortError: LATE,
  ETIMEDOUT: LATE,
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EPIPE: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
};

/** Explains what the client has thrown. */
export function explainS3Error(error: unknown, place: S3Place): S3Failure {
  for (const name of namesOf(error)) {
    const explain = BY_NAME[name];
    if (explain !== undefined) return explain(place);
  }
  const status = statusOf(error);
  if (status === 301) return WRONG_PLACE(place);
  if (status === 401 || status === 403) return PERMISSION(place);
  if (status === 507) return FULL(place);
  if (status === 429 || (status !== undefined && status >= 500)) return BUSY(place);
  const message = error instanceof Error ? error.message : '';
  // These two come from the client before anything is sent, without a name of their own.
  if (message.includes('Region is missing')) {
    return { reason: 'no region is set', hint: 'Set AWS_REGION.' };
  }
  if (message.includes('socket hang up')) return UNREACHABLE(place);
  const name = namesOf(error)[0] ?? 'an unknown error';
  return {
    reason: `${place.server} answered ${name}${status === undefined ? '' : ` (${status})`}`,
    hint: 'Check that it is an S3-compatible server.',
  };
}

export function missingBucket({ bucket, server }: S3Place): S3Failure {
  return {
    reason: `there is no bucket ${bucket} at ${server}`,
    hint: 'Make it, or check S3_BUCKET_NAME, AWS_REGION and AWS_ENDPOINT_URL_S3.',
  };
}

/** Whether the answer says that the bucket, not the object, is missing. */
export function saysMissingBucket(error: unknown): boolean {
  return namesOf(error).includes('NoSuchBucket');
}

/** HTTP status of the answer. */
export function statusOf(error: unknown): number | undefined {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

/** What an error of the client is called, in the places where it may say so. */
function namesOf(error: unknown): readonly string[] {
  const { name, code, Code } = (error ?? {}) as { name?: unknown; code?: unknown; Code?: unknown };
  // The codes of the system first: the client calls a dropped connection a timeout, too.
  return [code, Code, name].filter(
    (text): text is string => typeof text === 'string' && text !== '' && text !== 'Error',
  );
}
