// JSON for programs, harmless on a terminal.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { documentOf, lineOf } from '../../../src/cli/documents.ts';

it('JSON holds every text and sends no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const json of [documentOf({ text }), lineOf({ text })]) {
        expect(JSON.parse(json)).toMatchObject({ text });
        expect(json.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
      expect(lineOf({ text }).indexOf('\n')).toBe(lineOf({ text }).length - 1);
    }),
  );
});
