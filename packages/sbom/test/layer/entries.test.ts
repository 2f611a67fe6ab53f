import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Cataloguer, defaultCataloguers, foldLayers, wholeFile } from '../../src/index.ts';
import { pax, type RawEntry, rawTar } from './archive.ts';
import { factsOf, file, folder, hardlink, imageOf, symlink, type Texts, texts, textsIn } from './layers.ts';

async function textsOf(...entries: RawEntry[]): Promise<Texts> {
  return textsIn(await imageOf(entries));
}

async function notesOf(...entries: RawEntry[]): Promise<readonly string[]> {
  return (await factsOf(rawTar(entries))).notes.map(({ message }) => message);
}

describe('sbom case 1: every path stays within the root', () => {
  test.each([
    ['../../etc/x.txt', 'etc/x.txt'],
    ['/abs.txt', 'abs.txt'],
    ['//abs.txt', 'abs.txt'],
    ['a/../../b.txt', 'b.txt'],
    ['./x.txt', 'x.txt'],
    ['a//b.txt', 'a/b.txt'],
    ['a/./b.txt', 'a/b.txt'],
    ['a/b.txt/', 'a/b.txt'],
    ['a/b/../c.txt', 'a/c.txt'],
    ['..', undefined],
    ['/', undefined],
    ['.', undefined],
    ['', undefined],
  ])('%j is %j', async (name, path) => {
    const facts = await factsOf(rawTar([file(name, 'x')]));
    expect(facts.files.map((one) => one.path)).toEqual(path === undefined ? [] : [path]);
    expect(facts.notes).toEqual([]);
  });

  test.each([
    ['out by steps', '../../../outside'],
    ['out by an absolute path', '/outside'],
  ])('through a link that leads %s, an entry still ends up within', async (_, target) => {
    expect(await textsOf(symlink('d/link', target), file('d/link/x.txt', '1'))).toEqual({
      'outside/x.txt': '1',
    });
  });

  test.each([
    ['a path of more than 4096 bytes', `${'a/'.repeat(2048)}b.txt`],
    ['a name of more than 255 bytes', `${'x'.repeat(252)}.txt`],
    ['a name of more than 255 bytes in UTF-8', Buffer.from(`${'é'.repeat(130)}.txt`).toString('latin1')],
  ])('what is no path on Linux is left out and noted: %s', async (_, path) => {
    const entries = [pax({ path }), file('cut'), file('next.txt', '1')];
    expect(await textsOf(...entries)).toEqual({ 'next.txt': '1' });
    expect((await notesOf(...entries))[0]).toMatch(/^a path that nothing can be unpacked to was left out: "/);
  });
});

describe('sbom case 2 and 3: what Go does not see, nobody sees', () => {
  test.each(['2', '5'])('an entry behind one of type %s with a size is there', async (type) => {
    const odd = { name: 'odd', type, link: 'x', size: 512 };
    expect(await textsOf(odd, file('hidden.txt', '1'))).toEqual({ 'hidden.txt': '1' });
  });
});

describe('sbom case 5: a package list that is stored sparse', () => {
  test('is read with its holes', async () => {
    const sparse = {
      'GNU.sparse.map': '2,1',
      'GNU.sparse.numblocks': '1',
      'GNU.sparse.size': '4',
      'GNU.sparse.name': 'a.txt',
    };
    expect(await textsOf(pax(sparse), { name: 'GNUSparseFile.0/a', body: 'x' })).toEqual({
      'a.txt': '\0\0x\0',
    });
  });
});

describe('sbom case 6: a damaged layer gives what came before the damage, and says so', () => {
  test('in the middle', async () => {
    const tar = rawTar([file('a.txt'), file('b.txt')]);
    tar[1024 + 3] = 65;
    const facts = await factsOf(tar);
    expect(facts.files.map(({ path }) => path)).toEqual(['a.txt']);
    expect(facts.notes).toEqual([
      {
        code: 'partial',
        message: 'the archive is damaged at byte 1024: a header has a wrong checksum or number',
      },
    ]);
  });

  test('a file that is cut off says nothing', async () => {
    const facts = await factsOf(rawTar([file('a.txt'), file('b.txt', 'x'.repeat(600))]).subarray(0, 1700));
    expect(facts.files.map(({ path }) => path)).toEqual(['a.txt']);
    expect(facts.notes).toHaveLength(1);
  });
});

describe('sbom case 11: names of any bytes', () => {
  test.each([
    ['UTF-8', 'caf\xc3\xa9.txt', 'café.txt'],
    ['a byte that is no UTF-8', 'a\xff.txt', 'a\udcff.txt'],
    ['UTF-8 and other bytes', 'caf\xc3\xa9\xe9.txt', 'café\udce9.txt'],
    ['UTF-8 that is cut off', 'x\xe2\x82.txt', 'x\udce2\udc82.txt'],
    ['a surrogate in UTF-8, which is none', 'x\xed\xa0\x80.txt', 'x\udced\udca0\udc80.txt'],
    ['an emoji', '\xf0\x9f\x90\xb3.txt', '🐳.txt'],
    ['a byte order mark', '\xef\xbb\xbfa.txt', '\ufeffa.txt'],
    ['a line feed', 'a\nb.txt', 'a\nb.txt'],
    ['a turn of the writing direction', '\xe2\x80\xaetxt.txt', '\u202etxt.txt'],
    ['an escape', '\x1b[31mred.txt', '\x1b[31mred.txt'],
  ])('%s', async (_, name, path) => {
    expect(Object.keys(await textsOf(file(name, '1')))).toEqual([path]);
  });

  test('a NUL ends a name, as it does for the kernel', async () => {
    expect(await textsOf(file('a.txt\0behind', '1'))).toEqual({ 'a.txt': '1' });
  });

  test('names of other bytes are other files', async () => {
    const texts = await textsOf(
      file('a\xff.txt', '1'),
      file('a\xfe.txt', '2'),
      file('a\xef\xbf\xbd.txt', '3'),
    );
    expect(texts).toEqual({ 'a\udcff.txt': '1', 'a\udcfe.txt': '2', 'a\ufffd.txt': '3' });
  });

  test('a whiteout of a name that is no UTF-8 hides that one alone', async () => {
    const tree = await imageOf([file('a\xff.txt', '1'), file('a\xfe.txt', '2')], [file('.wh.a\xff.txt')]);
    expect(textsIn(tree)).toEqual({ 'a\udcfe.txt': '2' });
    expect([tree.has('a\udcff.txt'), tree.has('a\udcfe.txt')]).toEqual([false, true]);
  });

  test('notes have them in a form that can be shown', async () => {
    const path = `${'x'.repeat(250)}\xff\n\x1b[31m`;
    const [note] = await notesOf(pax({ path }), file('cut'));
    expect(note?.isWellFormed()).toBe(true);
    expect(note).toMatch(/^[\x20-\x7e\ufffd]*$/);
  });
});

describe('sbom case 12: several entries of one name', () => {
  test('the last one wins', async () => {
    expect(await textsOf(file('a.txt', '1'), file('./a.txt', '2'))).toEqual({ 'a.txt': '2' });
  });

  test('a boring thing in the place of a file takes it away', async () => {
    for (const other of [folder('a.txt'), symlink('a.txt', 'x'), { name: 'a.txt', type: '3' }])
      expect(await textsOf(file('a.txt', '1'), other)).toEqual({});
  });

  test('a file, then a folder of that name with a file in it', async () => {
    expect(await textsOf(file('a.txt', '1'), folder('a.txt'), file('a.txt/b.txt', '2'))).toEqual({
      'a.txt/b.txt': '2',
    });
  });

  test('a folder, then a file of that name: all that stood in it goes', async () => {
    const tree = await imageOf([
      file('a/b.txt', '1'),
      symlink('a/link', '/c'),
      file('a', '2'),
      file('c/d.txt', '3'),
    ]);
    expect(textsIn(tree)).toEqual({ 'c/d.txt': '3' });
    expect([tree.has('a'), tree.has('a/b.txt'), tree.has('a/link')]).toEqual([true, false, false]);
  });

  test('a folder, a file, and a folder again: the first content does not come back', async () => {
    const tree = await imageOf([file('a/b.txt', '1'), file('a'), file('a/c.txt', '2')]);
    expect(textsIn(tree)).toEqual({ 'a/c.txt': '2' });
    expect([tree.has('a/b.txt'), tree.has('a/c.txt')]).toEqual([false, true]);
  });

  test('a link that is replaced by a folder does not lead anywhere any more', async () => {
    expect(await textsOf(symlink('a', 'b'), folder('a'), file('a/x.txt', '1'))).toEqual({ 'a/x.txt': '1' });
  });

  test('a global pax header takes away what has its name: engines make room for it', async () => {
    expect(await textsOf(file('a.txt', '1'), file('b.txt', '2'), pax({ path: 'a.txt' }, 'g'))).toEqual({
      'b.txt': '2',
    });
    expect(await textsOf(file('a/x.txt', '1'), pax({ path: 'a' }, 'g'), file('a/y.txt', '2'))).toEqual({
      'a/y.txt': '2',
    });
    expect(await textsOf(file('a.txt', '1'), pax({ comment: 'c' }, 'g'))).toEqual({ 'a.txt': '1' });
  });
});

describe('sbom case 12: hard links within a layer', () => {
  test('to a file before it', async () => {
    expect(await textsOf(file('a.txt', '1'), hardlink('b.txt', 'a.txt'))).toEqual({
      'a.txt': '1',
      'b.txt': '1',
    });
  });

  test.each(['/a.txt', './a.txt', '../a.txt', 'd//../a.txt'])('written as %s', async (link) => {
    expect(await textsOf(file('a.txt', '1'), folder('d'), hardlink('b.txt', link))).toMatchObject({
      'b.txt': '1',
    });
  });

  test('to itself', async () => {
    expect(await textsOf(file('a.txt', '1'), hardlink('a.txt', 'a.txt'))).toEqual({ 'a.txt': '1' });
  });

  test('to a file that is replaced afterwards: the link keeps the first content', async () => {
    const texts = await textsOf(file('a.txt', '1'), hardlink('b.txt', 'a.txt'), file('a.txt', '2'));
    expect(texts).toEqual({ 'a.txt': '2', 'b.txt': '1' });
  });

  test('to a file that comes later', async () => {
    expect(await textsOf(hardlink('b.txt', 'a.txt'), file('a.txt', '1'))).toMatchObject({ 'a.txt': '1' });
  });

  test('to a file that is nowhere', async () => {
    const tree = await imageOf([hardlink('b.txt', 'a.txt')]);
    expect(textsIn(tree)).toEqual({});
  });

  test('to a symbolic link, which makes another one', async () => {
    const tree = await imageOf([file('a.txt', '1'), symlink('l', 'a.txt'), hardlink('m', 'l')]);
    expect(tree.resolve('m')).toBe('a.txt');
  });

  test('through a link: the way goes on from where it leads', async () => {
    const texts = await textsOf(
      file('real/sub/x.txt', '1'),
      file('x.txt', 'wrong'),
      symlink('link', 'real/sub'),
      hardlink('a.txt', 'link/x.txt'),
      file('real/y.txt', '2'),
      hardlink('b.txt', 'link/../y.txt'),
    );
    expect(texts).toMatchObject({ 'a.txt': '1', 'b.txt': '2' });
  });

  test('to a file that nobody read, because its name is boring: noted, and read when it is read again', async () => {
    const layer = rawTar([file('blob', '1'), hardlink('a.txt', 'blob'), hardlink('b.txt', 'a.txt')]);
    const first = await factsOf(layer);
    expect(first).toMatchObject({
      files: [],
      notes: [
        {
          code: 'partial',
          message:
            'a file was not read because it is a hard link to one that did not look interesting: "a.txt" and 1 more',
        },
      ],
      missed: [
        { path: 'a.txt', wanted: [['text', 'b.txt']] },
        { path: 'blob', wanted: [['text', 'a.txt']] },
      ],
    });
    const second = await factsOf(layer, { missed: first.missed });
    expect(second.notes).toEqual([]);
    expect(second.missed).toBeUndefined();
    expect(textsIn(foldLayers([second]))).toEqual({ 'a.txt': '1', 'b.txt': '1' });
  });

  test('to a file that is something to one cataloguer, and to another by its second name alone', async () => {
    const named = (name: string, end: string): Cataloguer => ({
      ...texts,
      name,
      probe: ({ path }) =>
        path.endsWith(end) ? wholeFile(10, (content) => `${name} ${content}`) : undefined,
    });
    const cataloguers = [named('one', '.one'), named('other', '.other')];
    const layer = rawTar([
      file('a.one', '1'),
      hardlink('a.other', 'a.one'),
      hardlink('b.one', 'a.one'),
      hardlink('b.other', 'a.other'),
    ]);
    const { missed } = await factsOf(layer, { cataloguers });
    expect(missed).toEqual([
      { path: 'a.one', wanted: [['other', 'a.other']] },
      { path: 'a.other', wanted: [['other', 'b.other']] },
    ]);
    const { files, ...rest } = await factsOf(layer, { cataloguers, missed });
    expect(files).toEqual([
      { path: 'a.one', found: [['one', 'one 1']] },
      { path: 'a.other', found: [['other', 'other 1']] },
      { path: 'b.one', found: [['one', 'one 1']] },
      { path: 'b.other', found: [['other', 'other 1']] },
    ]);
    expect(rest).toMatchObject({ notes: [] });
  });

  test('of a README without its ending is no program, and not read again', async () => {
    const layer = rawTar([
      file('usr/share/README.md', 'x'.repeat(100)),
      hardlink('usr/share/README', 'usr/share/README.md'),
    ]);
    expect((await factsOf(layer, { cataloguers: defaultCataloguers })).missed).toBeUndefined();
  });

  test('to what is no file: nothing is there to read, however often it is read', async () => {
    const layer = rawTar([{ name: 'pipe', type: '6' }, hardlink('a.txt', 'pipe')]);
    const { missed } = await factsOf(layer);
    expect(await factsOf(layer, { missed })).toMatchObject({ files: [], notes: [] });
  });

  test('many of them to one file are no more to tell of than one', async () => {
    const links = Array.from({ length: 3000 }, (_, index) => hardlink(`${index}.txt`, 'blob'));
    const { missed } = await factsOf(rawTar([file('blob', '1'), ...links]));
    expect(missed).toEqual([{ path: 'blob', wanted: [['text', '0.txt']] }]);
  });

  test('to one that is boring itself, which no program writes: noted, and not read for ever', async () => {
    const layer = rawTar([file('a', '1'), hardlink('b', 'a'), hardlink('c.txt', 'b')]);
    const { missed } = await factsOf(layer);
    const { notes, ...facts } = await factsOf(layer, { missed });
    expect(notes).toHaveLength(1);
    expect(facts.missed).toBeUndefined();
  });

  test('any of them as programs write them, read twice: the files are those that unpacking gives', async () => {
    const names = ['a', 'b', 'c.txt', 'd.txt'];
    const entry = fc.record({ name: fc.constantFrom(...names), target: fc.constantFrom('', ...names) });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (steps) => {
        /** Each name's content, and the first name that the file had. */
        const disk = new Map<string, { readonly content: string; readonly first: string }>();
        const layer: RawEntry[] = [];
        for (const [index, { name, target }] of steps.entries()) {
          const linked = disk.get(target);
          const isFirstThere = linked !== undefined && disk.get(linked.first) === linked;
          if (target !== '' && (!isFirstThere || linked.first === name)) continue;
          layer.push(linked === undefined ? file(name, `${index}`) : hardlink(name, linked.first));
          disk.set(name, linked ?? { content: `${index}`, first: name });
        }
        const { missed } = await factsOf(rawTar(layer));
        const facts = await factsOf(rawTar(layer), { missed });
        expect(facts).toMatchObject({ notes: [] });
        expect(textsIn(foldLayers([facts]))).toEqual(
          Object.fromEntries(
            [...disk].filter(([name]) => name.endsWith('.txt')).map(([name, { content }]) => [name, content]),
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('into a folder that goes away afterwards', async () => {
    const below = [file('a.txt', '1')];
    expect(textsIn(await imageOf(below, [hardlink('d/b.txt', 'a.txt'), file('d')]))).toEqual({
      'a.txt': '1',
    });
  });
});

describe('sbom case 13: entries that go through links of their own layer', () => {
  test('to another folder', async () => {
    expect(await textsOf(symlink('lib', 'usr/lib'), file('lib/a.txt', '1'))).toEqual({
      'usr/lib/a.txt': '1',
    });
  });

  test('through 200 of them, as containerd does', async () => {
    const chain = Array.from({ length: 200 }, (_, index) => symlink(`l${index}`, `l${index + 1}`));
    expect(await textsOf(...chain, file('l0/a.txt', '1'))).toEqual({ 'l200/a.txt': '1' });
  });

  test.each<[string, RawEntry[]]>([
    ['itself', [symlink('a', 'a')]],
    ['around', [symlink('a', 'b'), symlink('b', 'a')]],
    ['around and deeper', [symlink('a', 'a/b')]],
    [
      'to more than 255 others',
      Array.from({ length: 300 }, (_, index) => symlink(index === 0 ? 'a' : `l${index}`, `l${index + 1}`)),
    ],
  ])('a link that leads to %s: what goes through it is left out, and that is noted', async (_, links) => {
    const entries = [...links, file('a/x.txt', '1'), file('y.txt', '2')];
    expect(await textsOf(...entries)).toEqual({ 'y.txt': '2' });
    expect(await notesOf(...entries)).toEqual([
      'a path that nothing can be unpacked to was left out: "a/x.txt"',
    ]);
  });

  test('a link to more than a path can be is none', async () => {
    const linkpath = 'x/'.repeat(3000);
    const entries = [pax({ linkpath }), symlink('a', 'cut'), file('a/x.txt', '1')];
    expect((await factsOf(rawTar(entries))).links).toEqual([]);
    expect(await notesOf(...entries)).toEqual(['a link to more than a path can be was left out: "a"']);
  });

  test('a folder that overlayfs fills from elsewhere is noted', async () => {
    const redirect = pax({ 'SCHILY.xattr.trusted.overlay.redirect': '/var/lib/hidden' });
    expect(await notesOf(redirect, folder('shown'))).toEqual([
      'a folder was taken for what it is, though overlayfs fills it from another one: "shown"',
    ]);
  });
});

describe('facts', () => {
  test('are the same however the archive is ordered, where the order says nothing', async () => {
    const entries = [
      file('b/x.txt'),
      file('a.txt'),
      symlink('l', 'a'),
      symlink('k', 'b'),
      file('.wh.z'),
      file('.wh.y'),
      file('c/.wh..wh..opq'),
      hardlink('h.txt', 'low.txt'),
      hardlink('g.txt', 'low.txt'),
    ];
    const { diffId: _, ...facts } = await factsOf(rawTar(entries));
    const { diffId: __, ...reversed } = await factsOf(rawTar([...entries].reverse()));
    expect(reversed).toEqual(facts);
    expect(facts.links).toEqual([
      ['k', 'b'],
      ['l', 'a'],
    ]);
    expect(facts.whiteouts).toEqual(['y', 'z']);
  });
});
