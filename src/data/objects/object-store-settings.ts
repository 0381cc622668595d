// Which object storage is meant, and which part of that comes from where. Pure: of the environment it looks at names of places
// only; credentials are the business of the SDK and can be written in no setting of ours.

import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WrapperError } from '../../model/errors.ts';

export type ObjectStoreSettings =
  | { readonly kind: 'folder'; readonly folder: string; readonly from: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Empty, or ends with a slash. */
      readonly prefix: string;
      /** Undefined: whatever the SDK finds, such as that of a profile. */
      readonly region: string | undefined;
      /** Undefined for AWS. */
      readonly endpoint: string | undefined;
      readonly pathStyle: boolean;
      /** Which variable or option named the bucket, and which the endpoint. */
      readonly from: string;
      readonly endpointFrom: string | undefined;
    };

export interface ObjectStoreContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The usual folder, `objects` beside the database. */
  readonly folder: string;
  /** `s3://bucket/prefix`, `file:///folder` or a path, and what it was given with: stronger than any variable. */
  readonly chosen?: { readonly value: string; readonly from: string } | undefined;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^(?:[A-Za-z0-9_=-][A-Za-z0-9._=-]*\/)*$/;

/**
 * The option, then WRAPPER_OBJECTS, then S3_BUCKET_NAME, then the usual folder. Empty variables count as unset.
 *
 * @throws WrapperError `usage` naming the option or variable and what is wrong with it
 */
export function objectStoreSettings(context: ObjectStoreContext): ObjectStoreSettings {
  const variable = (name: string) => context.env[name] || undefined;
  const objects = variable('WRAPPER_OBJECTS');
  const chosen = context.chosen ?? (objects && { value: objects, from: 'WRAPPER_OBJECTS' });
  if (chosen) {
    const { value, from } = chosen;
    if (value.startsWith('s3://')) return bucketSettings(value.slice('s3://'.length), from, variable);
    return { kind: 'folder', folder: folderOf(value, from, context.cwd), from };
  }
  const bucket = variable('S3_BUCKET_NAME');
  if (bucket !== undefined) return bucketSettings(bucket, 'S3_BUCKET_NAME', variable);
  return { kind: 'folder', folder: context.folder, from: 'default' };
}

function bucketSettings(
  location: string,
  from: string,
  variable: (name: string) => string | undefined,
): ObjectStoreSettings {
  if (location.includes('@')) throw refusedCredentials(from);
  const slash = location.indexOf('/');
  const bucket = slash === -1 ? location : location.slice(0, slash);
  const path = slash === -1 ? '' : location.slice(slash + 1);
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
  if (!BUCKET.test(bucket)) {
    throw new WrapperError('usage', `${from}: ${JSON.stringify(bucket)} cannot be the name of a bucket`, {
      hint: 'Use 3 to 63 lower-case letters, digits, dots and hyphens, as in s3://my-bucket/audits.',
    });
  }
  if (!PREFIX.test(prefix)) {
    throw new WrapperError('usage', `${from}: ${JSON.stringify(path)} cannot be what keys begin with`, {
      hint: 'Use letters, digits and . _ = - in segments separated by /.',
    });
  }
  const endpointFrom = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'].find((name) => variable(name));
  const endpoint = endpointFrom && endpointOf(variable(endpointFrom)!, endpointFrom);
  return {
    kind: 's3',
    bucket,
    prefix,
    // The SDK asks for one; servers that are not AWS take any.
    region: variable('AWS_REGION') ?? variable('AWS_DEFAULT_REGION') ?? (endpoint && 'us-east-1'),
    endpoint,
    pathStyle: pathStyleOf(variable('WRAPPER_S3_PATH_STYLE')) ?? endpoint !== undefined,
    from,
    endpointFrom,
  };
}

function endpointOf(value: string, from: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.username || url?.password) throw refusedCredentials(from);
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '')
    return value;
  throw new WrapperError('usage', `${from}: this is no address of a server`, {
    hint: 'Use one such as https://s3.example.org or http://127.0.0.1:9000.',
  });
}

function folderOf(value: string, from: string, cwd: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(cwd, value);
  const url = scheme === 'file' && URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && url.host === '' && isAbsolute(url.pathname)) return fileURLToPath(url);
  throw new WrapperError('usage', `${from}: this is neither a folder nor a bucket`, {
    hint: 'Use a path, file:///folder or s3://bucket/prefix.',
  });
}

function pathStyleOf(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(?:1|true|yes|on)$/i.test(value)) return true;
  if (/^(?:0|false|no|off)$/i.test(value)) return false;
  throw new WrapperError('usage', `WRAPPER_S3_PATH_STYLE: ${JSON.stringify(value)} is neither yes nor no`, {
    hint: 'Use 1, true, yes, on, or 0, false, no, off.',
  });
}

function refusedCredentials(from: string): WrapperError {
  return new WrapperError('usage', `${from}: an address may hold no credentials`, {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
  });
}
