import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { indexTar } from '../../src/archive/tar-index.ts';
import { temporaryFolder } from '../doubles/temporary.ts';

const folder = await temporaryFolder();

async function index(bytes: Uint8Array): Promise<Record<string, string>> {
  const file = join(folder, 'a.tar');
  await writeFile(file, bytes);
  const handle = await open(file);
  try {
    const entries = await indexTar(handle, 'a.tar');
    return Object.fromEntries(
      [...entries].map(([name, { offset, size }]) => [
        name,
        Buffer.from(bytes).toString('utf8', offset, offset + size),
      ]),
    );
  } finally {
    await handle.close();
  }
}

/** One header by hand, for what tar-stream does not write. */
function header(fields: {
  name: string;
  size: number | Buffer;
  type: string;
  link?: string;
  magic?: string;
  prefix?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  block.write(fields.name, 0, 100);
  if (typeof fields.size === 'number') block.write(`${fields.size.toString(8).padStart(11, '0')}\0`, 124);
  else fields.size.copy(block, 124);
  block.fill(' ', 148, 156);
  block.write(fields.type, 156);
  block.write(fields.link ?? '', 157, 100);
  block.write(fields.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(fields.prefix ?? '', 345, 155);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

function padded(text: string): Buffer {
  const bytes = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
  bytes.write(text);
  return bytes;
}

const end = Buffer.alloc(1_024);

describe('indexTar', () => {
  test('finds every file of what tar-stream writes, whatever the names and sizes', async () => {
    const part = fc.stringMatching(/^[A-Za-z0-9äß_-]{1,80}$/);
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const files = fc.dictionary(name, fc.string({ unit: 'grapheme-ascii', maxLength: 1_500 }), {
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(files, async (contents) => {
        fc.pre(Object.keys(contents).length > 0);
        const archive = pack();
        for (const [file, text] of Object.entries(contents)) archive.entry({ name: file }, text);
        archive.finalize();
        const chunks: Uint8Array[] = [];
        for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
        expect(await index(Buffer.concat(chunks))).toEqual(contents);
      }),
      { numRuns: 50 },
    );
  });

  test("reads GNU's long names, ustar's prefix, and names with a leading ./", async () => {
    const long = `${'d/'.repeat(80)}file`;
    const bytes = Buffer.concat([
      header({ name: '././@LongLink', size: long.length + 1, type: 'L', magic: 'ustar  \0' }),
      padded(`${long}\0`),
      header({ name: 'd/d/', size: 1, type: '0', magic: 'ustar  \0' }),
      padded('1'),
      header({ name: 'name', size: 1, type: '0', prefix: 'some/folder' }),
      padded('2'),
      header({ name: './here', size: 1, type: '\0' }),
      padded('3'),
      end,
    ]);
    expect(await index(bytes)).toEqual({ [long]: '1', 'some/folder/name': '2', here: '3' });
  });

  test('follows hard and symbolic links to files of the archive, and none out of it', async () => {
    const bytes = Buffer.concat([
      header({ name: 'a/file', size: 1, type: '0' }),
      padded('1'),
      header({ name: 'b/symbolic', size: 0, type: '2', link: '../a/file' }),
      header({ name: 'b/hard', size: 0, type: '1', link: 'a/file' }),
      header({ name: 'b/outside', size: 0, type: '2', link: '../../../../etc/passwd' }),
      end,
    ]);
    expect(await index(bytes)).toEqual({ 'a/file': '1', 'b/symbolic': '1', 'b/hard': '1' });
  });

  test('reads sizes in binary and from pax headers', async () => {
    const binary = Buffer.alloc(12);
    binary[0] = 0x80;
    binary.writeBigUInt64BE(3n, 4);
    const bytes = Buffer.concat([
      header({ name: 'binary', size: binary, type: '0' }),
      padded('abc'),
      header({ name: 'pax', size: 9, type: 'x' }),
      padded('9 size=2\n'),
      header({ name: 'from-pax', size: 0, type: '0' }),
      padded('de'),
      end,
    ]);
    expect(await index(bytes)).toEqual({ binary: 'abc', 'from-pax': 'de' });
  });

  test('ends with ERR_LADING_LAYOUT on anything else, and never with content beyond the file', async () => {
    const start = Buffer.concat([header({ name: 'a', size: 5, type: '0' }), padded('abcde'), end]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(start.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(start.byteLength),
        async (changes, size) => {
          const bytes = Buffer.from(start.subarray(0, size));
          for (const [position, value] of changes) if (position < size) bytes[position] = value;
          try {
            const entries = await index(bytes);
            for (const text of Object.values(entries)) expect(text.length).toBeLessThanOrEqual(size);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_LADING_LAYOUT' });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
