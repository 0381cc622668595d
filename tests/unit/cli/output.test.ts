// Writing to a slow reader and to one that has gone.

import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutput, errorDocument, errorText, OutputClosed } from '../../../src/cli/output.ts';
import { WrapperError } from '../../../src/model/errors.ts';
import { captureStreams } from './harness.ts';

function outputOn(stdout: Writable) {
  return createOutput({ ...captureStreams().streams, stdout }, 'never');
}

const epipe = () => Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

describe('output', () => {
  it('waits for a slow reader', async () => {
    const waiting: (() => void)[] = [];
    const slow = new Writable({
      highWaterMark: 4,
      write: (_chunk, _encoding, done) => void waiting.push(done),
    });
    let written = false;
    const writing = outputOn(slow)
      .write('more than four')
      .then(() => {
        written = true;
      });
    await new Promise(setImmediate);
    expect(written).toBe(false);
    waiting[0]!();
    await writing;
    expect(slow.listenerCount('drain')).toBe(0);
  });

  it('tells a command that its reader has gone, while it waits and afterwards', async () => {
    const gone = new Writable({
      highWaterMark: 4,
      write: (_chunk, _encoding, done) => setImmediate(done, epipe()),
    });
    const output = outputOn(gone);
    await expect(output.write('more than four')).rejects.toThrow(OutputClosed);
    await expect(output.write('x')).rejects.toThrow(OutputClosed);
    await expect(output.finish()).rejects.toThrow(OutputClosed);
  });

  it('says why stdout could not be written, at the latest at the end', async () => {
    const full = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
    const output = outputOn(new Writable({ write: (_chunk, _encoding, done) => setImmediate(done, full) }));
    await output.write('little');
    await expect(output.finish()).rejects.toThrow('cannot write to stdout: write ENOSPC');
  });
});

describe('errors', () => {
  const error = new WrapperError('usage', 'what: why', { hint: 'Do this.' });
  it('are a line and a hint', () => {
    expect(errorText(error)).toBe('wrapper: what: why\n  Do this.');
    expect(errorText(new WrapperError('usage', 'what'))).toBe('wrapper: what');
  });

  it('are a document', () => {
    expect(JSON.parse(errorDocument(error))).toEqual({
      error: { code: 'usage', message: 'what: why', hint: 'Do this.' },
    });
  });
});
