import { expect, test } from '@jest/globals';
import type { Bom } from '@lading/sbom';
import type { Output } from '../../src/output.ts';
import { sayBom } from '../../src/render/boms.ts';

const bom: Bom = {
  subject: {
    name: 'app',
    descriptor: { mediaType: 'inode/directory', digest: `sha256:${'0'.repeat(64)}`, size: 0 },
    layers: [],
  },
  packages: [],
  dependencies: [],
  notes: [{ code: 'partial', message: 'a file could not be read: "a\u001b[2J\u009b2J\u202eb\nc"' }],
};

test('notes are shown on a line each, and cannot steer a terminal', () => {
  const lines: string[] = [];
  const output = { say: (line: string) => lines.push(line), paint: (_role: string, text: string) => text };
  sayBom(bom, output as unknown as Output);
  expect(lines).toEqual([
    `  ✓ app@sha256:${'0'.repeat(64)} · 0 packages`,
    '    ! a file could not be read: "a�[2J�2J�b�c"',
    '    ! nothing in it is a package of a kind that is known here',
  ]);
});
