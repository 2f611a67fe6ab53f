import { describe, expect, test } from '@jest/globals';
import { foldLayers, type ImageTree } from '../../src/index.ts';
import { type RawEntry, rawTar } from '../layer/archive.ts';
import { factsOf, file, folder, hardlink, imageOf, symlink, type Texts, textsIn } from '../layer/layers.ts';

/** `path layer` of each text. */
function layersIn(tree: ImageTree): Record<string, number> {
  return Object.fromEntries(tree.files('text').map(({ path, layer }) => [path, layer]));
}

const base = [file('a.txt', '1'), file('d/x.txt', '2'), file('d/e/y.txt', '3'), file('z.txt', '4')];
const all = { 'a.txt': '1', 'd/x.txt': '2', 'd/e/y.txt': '3', 'z.txt': '4' };

function without(...paths: string[]): Texts {
  return Object.fromEntries(Object.entries(all).filter(([path]) => !paths.includes(path)));
}

describe('layers on each other', () => {
  test('a file is the one of the topmost layer that has it, and says which', async () => {
    const tree = await imageOf(base, [file('a.txt', 'new')], []);
    expect(textsIn(tree)).toEqual({ ...all, 'a.txt': 'new' });
    expect(layersIn(tree)).toEqual({ 'a.txt': 1, 'd/x.txt': 0, 'd/e/y.txt': 0, 'z.txt': 0 });
  });

  test('earlier states are kept', async () => {
    const tree = await imageOf(base, [file('.wh.a.txt')], [file('a.txt', 'again')]);
    expect([0, 1, 2, 3, 9].map((layers) => textsIn(tree.at(layers))['a.txt'])).toEqual([
      undefined,
      '1',
      undefined,
      'again',
      'again',
    ]);
    expect([0, 1, 2, 3].map((layers) => tree.at(layers).has('a.txt'))).toEqual([false, true, false, true]);
    expect(layersIn(tree.at(1))['a.txt']).toBe(0);
    expect([tree.layers, tree.at(1).layers, tree.at(-5).layers]).toEqual([3, 1, 0]);
  });

  test('no layers hold nothing', async () => {
    const tree = foldLayers([]);
    expect([tree.files('text'), tree.layers, tree.has('a'), tree.has(''), tree.resolve('/')]).toEqual([
      [],
      0,
      false,
      true,
      '',
    ]);
  });

  test('127 layers', async () => {
    const tree = await imageOf(
      ...Array.from({ length: 127 }, (_, index) => [file(`${index}.txt`, 'x'), file('same.txt', `${index}`)]),
    );
    expect(tree.files('text')).toHaveLength(128);
    expect(layersIn(tree)['same.txt']).toBe(126);
  });

  test('a file in the place of a folder hides all that stood in it', async () => {
    const tree = await imageOf(base, [file('d')]);
    expect(textsIn(tree)).toEqual(without('d/x.txt', 'd/e/y.txt'));
    expect([tree.has('d'), tree.has('d/x.txt')]).toEqual([true, false]);
  });

  test('a boring file in the place of a file hides it', async () => {
    expect(textsIn(await imageOf(base, [{ name: 'a.txt', type: '3' }]))).toEqual(without('a.txt'));
  });

  test('a folder in the place of a file hides it', async () => {
    const tree = await imageOf(base, [file('a.txt/in.txt', 'x')]);
    expect(textsIn(tree)).toEqual({ ...without('a.txt'), 'a.txt/in.txt': 'x' });
  });

  test('a folder in the place of a folder hides nothing', async () => {
    expect(textsIn(await imageOf(base, [folder('d'), folder('d/e')]))).toEqual(all);
  });

  test('a link in the place of a folder hides what stood in it, and a folder in the place of a link does not follow it', async () => {
    const tree = await imageOf(
      base,
      [symlink('d', 'other'), file('other/o.txt', 'x')],
      [folder('d'), file('d/new.txt', 'y')],
    );
    expect(textsIn(tree.at(2))).toEqual({ ...without('d/x.txt', 'd/e/y.txt'), 'other/o.txt': 'x' });
    expect(tree.at(2).resolve('d/o.txt')).toBe('other/o.txt');
    expect(textsIn(tree)).toEqual({
      ...without('d/x.txt', 'd/e/y.txt'),
      'other/o.txt': 'x',
      'd/new.txt': 'y',
    });
    expect(tree.resolve('d/o.txt')).toBeUndefined();
  });

  test('a folder that was replaced within its layer shows nothing of what it had, and hides what was below', async () => {
    const tree = await imageOf(base, [file('d/n.txt', 'n'), file('d'), file('d/m.txt', 'm')]);
    expect(textsIn(tree)).toMatchObject({ 'd/m.txt': 'm' });
    expect([tree.has('d/n.txt'), tree.has('d/m.txt')]).toEqual([false, true]);
  });
});

describe('sbom case 12: hard links into lower layers', () => {
  test('have the content of the file below', async () => {
    const tree = await imageOf(base, [hardlink('copy.txt', 'a.txt')]);
    expect(textsIn(tree)).toEqual({ ...all, 'copy.txt': '1' });
    expect(layersIn(tree)['copy.txt']).toBe(1);
  });

  test('keep it when the file below is hidden or replaced later', async () => {
    const tree = await imageOf(
      base,
      [hardlink('copy.txt', 'a.txt')],
      [file('.wh.a.txt'), file('z.txt', 'new')],
    );
    expect(textsIn(tree)).toEqual({ ...without('a.txt'), 'copy.txt': '1', 'z.txt': 'new' });
  });

  test('to a file that an earlier layer took away lead to nothing', async () => {
    expect(textsIn(await imageOf(base, [file('.wh.a.txt')], [hardlink('copy.txt', 'a.txt')]))).toEqual(
      without('a.txt'),
    );
  });

  test('to a file that their own layer takes away have its content: it was there when the layer was made', async () => {
    for (const layer of [
      [hardlink('copy.txt', 'a.txt'), file('.wh.a.txt')],
      [file('.wh.a.txt'), hardlink('copy.txt', 'a.txt')],
    ]) {
      const tree = await imageOf(base, layer);
      expect(Object.keys(textsIn(tree))).not.toContain('a.txt');
      expect(tree.has('copy.txt')).toBe(true);
    }
  });

  test('to the newest of several versions', async () => {
    const tree = await imageOf(
      base,
      [file('a.txt', 'new')],
      [hardlink('copy.txt', 'a.txt')],
      [file('a.txt', 'newer')],
    );
    expect(textsIn(tree)['copy.txt']).toBe('new');
  });
});

describe('sbom case 13: symbolic links', () => {
  const tree = (...links: RawEntry[]): Promise<ImageTree> => imageOf([...base, ...links]);

  test.each<[string, RawEntry, string, string | undefined]>([
    ['an absolute one', symlink('l', '/d/e'), 'l/y.txt', 'd/e/y.txt'],
    ['a relative one', symlink('d/l', '../d/e'), 'd/l/y.txt', 'd/e/y.txt'],
    ['one that leads out of the root', symlink('d/l', '../../../../a.txt'), 'd/l', 'a.txt'],
    ['one to itself', symlink('l', 'l'), 'l', undefined],
    ['one to nothing', symlink('l', 'nothing'), 'l', undefined],
    ['one to the root', symlink('l', '/'), 'l/a.txt', 'a.txt'],
    ['one to an empty path', symlink('l', ''), 'l', ''],
    ['one with a slash behind', symlink('l', 'd/'), 'l/x.txt', 'd/x.txt'],
  ])('%s', async (_, link, path, real) => {
    const image = await tree(link);
    expect(image.resolve(path)).toBe(real);
    expect(image.has(path)).toBe(real !== undefined);
  });

  test('around in two steps', async () => {
    expect((await tree(symlink('m', 'n'), symlink('n', 'm'))).resolve('m/a.txt')).toBeUndefined();
  });

  test('as many as Linux follows, and not one more', async () => {
    const chain = Array.from({ length: 50 }, (_, index) =>
      symlink(`l${index}`, index === 49 ? 'a.txt' : `l${index + 1}`),
    );
    const image = await tree(...chain);
    expect(image.resolve('l10')).toBe('a.txt');
    expect(image.resolve('l9')).toBeUndefined();
  });

  test('one that grows with each step ends', async () => {
    const image = await tree(symlink('l', `${'l/'.repeat(2000)}x`));
    expect(image.resolve('l')).toBeUndefined();
  });

  test('usr-merge: an upper layer turns folders into links to their new places', async () => {
    const image = await imageOf(
      [file('lib/a.txt', '1'), file('usr/lib/b.txt', '2')],
      [file('lib/.wh.a.txt'), symlink('lib', 'usr/lib'), file('usr/lib/a.txt', '1')],
      [file('usr/lib/c.txt', '3')],
    );
    expect(textsIn(image)).toEqual({ 'usr/lib/a.txt': '1', 'usr/lib/b.txt': '2', 'usr/lib/c.txt': '3' });
    expect(image.resolve('lib/a.txt')).toBe('usr/lib/a.txt');
    expect(image.resolve('lib/c.txt')).toBe('usr/lib/c.txt');
    expect(image.at(1).resolve('lib/a.txt')).toBe('lib/a.txt');
  });

  test('usr-merge: a layer that writes to lib/ over a lower link makes a folder of its own, as overlayfs does', async () => {
    const image = await imageOf(
      [symlink('lib', 'usr/lib'), file('usr/lib/a.txt', '1')],
      [file('lib/b.txt', '2')],
    );
    expect(textsIn(image)).toEqual({ 'usr/lib/a.txt': '1', 'lib/b.txt': '2' });
    expect(image.resolve('lib/a.txt')).toBeUndefined();
    expect(image.resolve('lib/b.txt')).toBe('lib/b.txt');
  });

  test('a link that a whiteout takes away leads nowhere', async () => {
    const image = await imageOf([...base, symlink('l', 'd')], [file('.wh.l')]);
    expect([image.resolve('l/x.txt'), image.at(1).resolve('l/x.txt')]).toEqual([undefined, 'd/x.txt']);
  });
});

describe('sbom case 14: whiteouts', () => {
  test.each<[string, RawEntry[], Texts]>([
    ['a file', [file('.wh.a.txt')], without('a.txt')],
    ['a folder and all in it', [file('.wh.d')], without('d/x.txt', 'd/e/y.txt')],
    ['a file in a folder', [file('d/.wh.x.txt')], without('d/x.txt')],
    ['a path that is not there', [file('.wh.nothing'), file('no/folder/.wh.x.txt')], all],
    ['nothing, with an empty name', [file('.wh.')], all],
    ['nothing, with the name of a folder itself', [file('d/.wh..')], all],
    ['nothing, with the name of a folder above', [file('d/e/.wh...')], all],
    ['a file of which another name begins alike', [file('.wh.a')], all],
    ['a file, by a marker that is a folder', [folder('.wh.a.txt')], without('a.txt')],
    ['a file, by a marker that is a link', [symlink('.wh.a.txt', 'x')], without('a.txt')],
    ['a file, by a path through its folder twice', [file('d/../d/./.wh.x.txt')], without('d/x.txt')],
    ['all of a folder', [file('d/.wh..wh..opq')], without('d/x.txt', 'd/e/y.txt')],
    ['nothing: the root is never opaque for overlayfs', [file('.wh..wh..opq')], all],
    ['nothing: a name that only begins like the opaque marker', [file('d/.wh..wh..opqX')], all],
    [
      'nothing: what AUFS keeps of hard links',
      [folder('.wh..wh.plnk'), folder('.wh..wh.orph'), file('.wh..wh.aufs')],
      all,
    ],
  ])('%s', async (_, layer, texts) => {
    const tree = await imageOf(base, layer);
    expect(textsIn(tree)).toEqual(texts);
    for (const path of Object.keys(all)) expect([path, tree.has(path)]).toEqual([path, path in texts]);
  });

  test('.wh..wh..opqX takes away what is called .wh..opqX', async () => {
    const facts = await factsOf(rawTar([file('d/.wh..wh..opqX')]));
    expect([facts.whiteouts, facts.opaque]).toEqual([['d/.wh..opqX'], []]);
  });

  test('markers are no files', async () => {
    const tree = await imageOf(base, [file('.wh.b.txt'), file('d/.wh..wh..opq')]);
    expect([tree.has('.wh.b.txt'), tree.has('d/.wh..wh..opq'), tree.has('d')]).toEqual([false, false, true]);
  });

  test('in the lowest layer they hide nothing and are no files either', async () => {
    const tree = await imageOf([...base, file('.wh.a.txt'), file('d/.wh..wh..opq'), file('.wh.gone.txt')]);
    expect(textsIn(tree)).toEqual(all);
  });

  test('an opaque folder shows what its own layer has, in whatever order it comes', async () => {
    const layer = [file('d/.wh..wh..opq'), file('d/new.txt', 'n'), file('d/e/deep.txt', 'm')];
    for (const order of [layer, [...layer].reverse()]) {
      const tree = await imageOf(base, order);
      expect(textsIn(tree)).toEqual({
        ...without('d/x.txt', 'd/e/y.txt'),
        'd/new.txt': 'n',
        'd/e/deep.txt': 'm',
      });
    }
  });

  test('a whiteout takes nothing from its own layer, in whatever order it comes', async () => {
    const layer = [file('.wh.a.txt'), file('a.txt', 'new')];
    for (const order of [layer, [...layer].reverse()])
      expect(textsIn(await imageOf(base, order))).toEqual({ ...all, 'a.txt': 'new' });
  });

  test('taken away, and there again in the next layer', async () => {
    const tree = await imageOf(
      base,
      [file('.wh.a.txt'), file('.wh.d')],
      [file('a.txt', 'again'), file('d/x.txt', 'again')],
    );
    expect(textsIn(tree)).toEqual({ 'a.txt': 'again', 'd/x.txt': 'again', 'z.txt': '4' });
    expect(tree.has('d/e')).toBe(false);
  });

  test('a whiteout in an upper layer reaches through all below it', async () => {
    const tree = await imageOf(base, [file('a.txt', 'new')], [], [file('.wh.a.txt')]);
    expect(textsIn(tree)).toEqual(without('a.txt'));
  });

  test('through a link of a lower layer, a whiteout hides nothing: its folder takes the place of the link', async () => {
    const below = [...base, symlink('l', 'd')];
    for (const marker of ['l/.wh.x.txt', 'l/.wh..wh..opq']) {
      const tree = await imageOf(below, [file(marker)]);
      expect(textsIn(tree)).toEqual(all);
      expect(tree.resolve('l/x.txt')).toBeUndefined();
    }
  });

  test('through a link of its own layer, a whiteout hides what is where the link leads', async () => {
    expect(textsIn(await imageOf(base, [symlink('l', 'd'), file('l/.wh.x.txt')]))).toEqual(
      without('d/x.txt'),
    );
    expect(textsIn(await imageOf(base, [symlink('l', 'd'), file('l/.wh..wh..opq')]))).toEqual(
      without('d/x.txt', 'd/e/y.txt'),
    );
  });

  // Seen with overlay mounts on Linux 6: the device or attribute is gone with what it stood in.
  test('a folder in the place of its whiteout, in one layer, shows what is below: so does overlayfs', async () => {
    const tree = await imageOf(base, [file('.wh.d'), folder('d'), file('d/new.txt', 'n')]);
    expect(textsIn(tree)).toEqual({ ...all, 'd/new.txt': 'n' });
  });

  test('markers in a folder that is replaced within the layer hide nothing any more', async () => {
    const markers = [file('d/.wh.x.txt'), file('d/e/.wh..wh..opq'), file('d/.wh..wh..opq')];
    expect(textsIn(await imageOf(base, [...markers, file('d'), folder('d')]))).toEqual(all);
  });

  test('files in folders whose names begin like markers are files', async () => {
    const tree = await imageOf([file('.wh.d/x.txt', '1'), file('.wh..wh.plnk/y.txt', '2')]);
    expect(textsIn(tree)).toEqual({ '.wh.d/x.txt': '1', '.wh..wh.plnk/y.txt': '2' });
  });
});
