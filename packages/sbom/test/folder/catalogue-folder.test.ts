import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Bom, type Cataloguer, catalogueFolder, wholeFile } from '../../src/index.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lading-folder-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

const system = {
  'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
  'lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\nP:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\n\n',
  'srv/app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
};

const namesOf = ({ packages }: Bom): string[] =>
  packages.map(({ name, version }) => `${name} ${version}`).sort();

/** Makes a package of every file that it gets to read; `onHead` is called before a file is opened. */
function everything(onHead: (path: string) => void = () => undefined): Cataloguer {
  return {
    name: 'everything',
    version: 1,
    probe({ path }) {
      onHead(path);
      return wholeFile(1_000_000, (content) => content.toString('latin1'));
    },
    catalogue: (tree) => ({
      packages: tree.files('everything').map(({ path, facts }) => ({
        id: path,
        type: 'binary',
        name: path,
        version: String(facts),
        licenses: [],
        evidence: [{ path, cataloguer: 'everything' }],
      })),
    }),
  };
}

describe('catalogueFolder', () => {
  test('finds what an image with these files would have, in no layer', async () => {
    await put(system);
    const bom = await catalogueFolder(root, { name: 'rootfs' });
    expect(namesOf(bom)).toEqual(['left-pad 1.3.0', 'musl 1.2.5-r0', 'zlib 1.3.1-r1']);
    expect(bom.os).toMatchObject({ id: 'alpine', versionId: '3.20.1' });
    expect(bom.notes).toEqual([]);
    expect(bom.subject).toEqual({
      name: 'rootfs',
      layers: [],
      descriptor: {
        mediaType: 'inode/directory',
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        size: Object.values(system).join('').length,
      },
    });
    for (const { evidence } of bom.packages) for (const { layer } of evidence) expect(layer).toBeUndefined();
  });

  test('the same folder elsewhere gives the same BOM, and another one another digest', async () => {
    await put(system);
    const bom = await catalogueFolder(join(root, 'srv'), { name: 'x' });
    await cp(join(root, 'srv'), join(root, 'copy'), { recursive: true });
    expect(await catalogueFolder(join(root, 'copy'), { name: 'x' })).toEqual(bom);
    await put({ 'copy/app/README': '' });
    const changed = await catalogueFolder(join(root, 'copy'), { name: 'x' });
    expect(changed.packages).toEqual(bom.packages);
    expect(changed.subject.descriptor.digest).not.toBe(bom.subject.descriptor.digest);
  });

  test('an empty folder is a BOM without packages', async () => {
    const bom = await catalogueFolder(root);
    expect(bom).toMatchObject({ packages: [], dependencies: [], notes: [], os: undefined });
    expect(bom.subject).toMatchObject({ name: root, descriptor: { size: 0 } });
  });

  test('names that would be markers in a layer are files', async () => {
    await put({ '.wh.gone': 'a', '.wh..wh..opq': 'b', 'd/.wh.d/file': 'c', gone: 'd' });
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(namesOf(bom)).toEqual(['.wh..wh..opq b', '.wh.gone a', 'd/.wh.d/file c', 'gone d']);
  });

  test('symbolic links are not followed: not out, not around, and what they lead to in the folder is read once', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'lading-outside-'));
    try {
      await writeFile(join(outside, 'secret'), 'secret');
      await put({ 'a/file': 'one' });
      await symlink(outside, join(root, 'out'));
      await symlink(join(outside, 'secret'), join(root, 'secret'));
      await symlink('.', join(root, 'a/loop'));
      await symlink('a', join(root, 'b'));
      const bom = await catalogueFolder(root, { cataloguers: [everything()] });
      expect(namesOf(bom)).toEqual(['a/file one']);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test('links within the folder count as in an image: usr-merge', async () => {
    await put({ 'usr/lib/apk/db/installed': system['lib/apk/db/installed'] });
    await put({ 'usr/lib/os-release': system['etc/os-release'] });
    await symlink('usr/lib', join(root, 'lib'));
    await mkdir(join(root, 'etc'));
    await symlink('../usr/lib/os-release', join(root, 'etc/os-release'));
    const bom = await catalogueFolder(root);
    expect(namesOf(bom)).toEqual(['musl 1.2.5-r0', 'zlib 1.3.1-r1']);
    expect(bom.os?.id).toBe('alpine');
  });

  test('the folder itself may be named by a link', async () => {
    await put(system);
    await symlink(root, `${root}-link`);
    try {
      expect(namesOf(await catalogueFolder(`${root}-link`))).toHaveLength(3);
    } finally {
      await rm(`${root}-link`);
    }
  });

  test('both names of a hard link are read', async () => {
    await put({ one: 'x' });
    await link(join(root, 'one'), join(root, 'two'));
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(namesOf(bom)).toEqual(['one x', 'two x']);
  });

  test('pipes and sockets make nobody wait', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await put({ file: 'x' });
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(namesOf(bom)).toEqual(['file x']);
    expect(bom.notes).toEqual([]);
  });

  test('names that are no UTF-8 stay apart', async () => {
    for (const byte of [0xfe, 0xff]) {
      await writeFile(Buffer.concat([Buffer.from(`${root}/a`), Buffer.of(byte)]), String(byte));
    }
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(bom.packages.map(({ version }) => version)).toEqual(['254', '255']);
    expect(new Set(bom.packages.map(({ name }) => name)).size).toBe(2);
  });

  test('a file with more content than one piece comes whole and in order', async () => {
    const content = Array.from({ length: 80_000 }, (_, index) => `${index},`).join('');
    expect(content.length).toBeGreaterThan(300_000);
    await put({ large: content });
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(bom.packages[0]?.version).toBe(content);
  });

  test.each([
    ['that is gone', (path: string) => rmSync(path), 'a file could not be read (ENOENT)'],
    ['that was cut', (path: string) => writeFileSync(path, ''), 'a file changed while it was read'],
    [
      'in whose place a link stands',
      (path: string) => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
      'a file changed while it was read',
    ],
    [
      'in whose place a pipe stands',
      (path: string) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
      'a file changed while it was read',
    ],
  ])('a file %s when it is opened leaves the rest, with a note', async (_, change, what) => {
    await put({ '1': 'one', '2': 'two', '3': 'three' });
    const cataloguer = everything((path) => {
      if (path === '2') change(join(root, path));
    });
    const bom = await catalogueFolder(root, { cataloguers: [cataloguer] });
    expect(namesOf(bom)).toEqual(['1 one', '3 three']);
    expect(bom.notes).toEqual([{ code: 'partial', message: `${what}: "2"` }]);
  });

  test('folders that cannot be read are counted in one note', async () => {
    await put({ 'a/file': 'x', 'b/file': 'x', 'c/file': 'x' });
    const cataloguer = everything((path) => {
      if (path !== 'a/file') return;
      rmSync(join(root, 'b'), { recursive: true });
      rmSync(join(root, 'c'), { recursive: true });
    });
    const bom = await catalogueFolder(root, { cataloguers: [cataloguer] });
    expect(namesOf(bom)).toEqual(['a/file x']);
    expect(bom.notes).toEqual([
      { code: 'partial', message: 'a folder could not be read (ENOENT): "b" and 1 more' },
    ]);
  });

  test('a file that is nothing but a hole is not read', async () => {
    await put({ hole: '', file: 'x' });
    await truncate(join(root, 'hole'), 2 ** 40);
    const bom = await catalogueFolder(root, { cataloguers: [everything()] });
    expect(namesOf(bom)).toEqual(['file x']);
    expect(bom.notes).toEqual([
      { code: 'partial', message: 'a sparse file with too large holes was not read: "hole"' },
    ]);
  });

  test('more than the limits allow is refused', async () => {
    await put({ a: '1', b: '2', c: '3' });
    const options = { cataloguers: [everything()] };
    await expect(catalogueFolder(root, { ...options, limits: { maxEntries: 2 } })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
    });
    await expect(catalogueFolder(root, { ...options, limits: { maxBytes: 2 } })).rejects.toMatchObject({
      code: 'ERR_LADING_LAYER_LIMIT',
    });
  });

  test('no folder is an error that says why', async () => {
    await put({ file: 'x' });
    await expect(catalogueFolder(join(root, 'none'))).rejects.toMatchObject({
      code: 'ERR_LADING_FOLDER',
      message: `the folder ${join(root, 'none')} is not there`,
    });
    await expect(catalogueFolder(join(root, 'file'))).rejects.toMatchObject({
      code: 'ERR_LADING_FOLDER',
      message: `the folder ${join(root, 'file')} is no folder`,
    });
  });

  test('an abort ends it with its reason', async () => {
    await put({ a: '1', b: '2' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const cataloguer = everything(() => controller.abort(reason));
    const cataloguing = catalogueFolder(root, { cataloguers: [cataloguer], signal: controller.signal });
    await expect(cataloguing).rejects.toBe(reason);
  });

  test('says how far it is', async () => {
    await put({ 'a/1': '', 'a/2': '', 'b/1': '' });
    const counts: number[] = [];
    await catalogueFolder(root, { onProgress: (files) => counts.push(files) });
    expect(counts.at(-1)).toBe(3);
  });
});
