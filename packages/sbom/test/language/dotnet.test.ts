import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { dotnet } from '../../src/language/dotnet.ts';
import { catalogued, edges, factsOf, names } from './catalogued.ts';

const path = 'app/shop.deps.json';
const sha512 = Buffer.alloc(64, 7);

const program = {
  runtimeTarget: { name: '.NETCoreApp,Version=v8.0/linux-x64', signature: '' },
  targets: {
    '.NETCoreApp,Version=v8.0': {},
    '.NETCoreApp,Version=v8.0/linux-x64': {
      'Shop/1.0.0': {
        dependencies: {
          'Acme.Widget': '2.1.0',
          'Acme.Meta': '1.0.0',
          'Acme.Build': '1.0.0',
          'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64': '8.0.1',
          Legacy: '1.2.3.4',
        },
        runtime: { 'Shop.dll': {} },
      },
      'Acme.Widget/2.1.0': {
        runtime: { 'lib/net8.0/Acme.Widget.dll': {} },
        dependencies: { 'acme.gear': '1.0.0' },
      },
      'Acme.Gear/1.5.0': { native: { 'runtimes/linux-x64/native/libgear.so': {} } },
      'Acme.Meta/1.0.0': { dependencies: { 'Acme.Gear': '1.5.0' } },
      'Acme.Build/1.0.0': { runtime: { 'lib/net8.0/_._': {} }, compile: { 'lib/net8.0/Acme.Build.dll': {} } },
      'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { runtime: { 'System.dll': {} } },
      'Legacy/1.2.3.4': { runtime: { 'Legacy.dll': {} } },
    },
  },
  libraries: {
    'Shop/1.0.0': { type: 'project', serviceable: false, sha512: '' },
    'Acme.Widget/2.1.0': {
      type: 'package',
      serviceable: true,
      sha512: `sha512-${sha512.toString('base64')}`,
      path: 'acme.widget/2.1.0',
    },
    'Acme.Gear/1.5.0': { type: 'package', sha512: 'sha512-short' },
    'Acme.Meta/1.0.0': { type: 'package', sha512: '' },
    'Acme.Build/1.0.0': { type: 'package', sha512: '' },
    'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': { type: 'runtimepack', sha512: '' },
    'Legacy/1.2.3.4': { type: 'reference', sha512: '' },
    'System.Xml/8.0.0.0': { type: 'referenceassembly' },
  },
};

describe('dotnet', () => {
  it('sbom case 31: tells packages, projects, runtimes and plain references apart, and leaves out what was only needed to compile', () => {
    const image = catalogued(dotnet, { [path]: JSON.stringify(program) });
    expect(names(image)).toEqual([
      'nuget:Acme.Gear@1.5.0',
      'nuget:Acme.Meta@1.0.0',
      'nuget:Acme.Widget@2.1.0',
      'nuget:Legacy@1.2.3.4',
      'nuget:Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
      'nuget:Shop@1.0.0',
    ]);
    expect(edges(image)).toEqual([
      'Acme.Meta@1.0.0 -> Acme.Gear@1.5.0',
      'Acme.Widget@2.1.0 -> Acme.Gear@1.5.0',
      'Shop@1.0.0 -> Acme.Meta@1.0.0',
      'Shop@1.0.0 -> Acme.Widget@2.1.0',
      'Shop@1.0.0 -> Legacy@1.2.3.4',
      'Shop@1.0.0 -> Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
    ]);
    const by = (wanted: string) => image.packages.find(({ name }) => name === wanted)!;
    expect(by('Acme.Widget').hashes).toEqual([{ algorithm: 'SHA-512', value: sha512.toString('hex') }]);
    expect(by('Acme.Widget').properties).toBeUndefined();
    expect(by('Acme.Gear').hashes).toBeUndefined();
    expect(by('Shop').properties).toEqual({ 'dotnet.type': 'project' });
    expect(by('Legacy').properties).toEqual({ 'dotnet.type': 'reference' });
  });

  it('a file without targets tells of all its libraries', () => {
    const { libraries } = program;
    expect(names(catalogued(dotnet, { [path]: JSON.stringify({ libraries }) }))).toContain(
      'nuget:Acme.Build@1.0.0',
    );
    expect(
      names(catalogued(dotnet, { [path]: JSON.stringify({ libraries, targets: { x: {} } }) })),
    ).toHaveLength(7);
  });

  it('sbom case 31: broken and hostile files say nothing, or what can be read of them', () => {
    for (const junk of ['', '{', '[]', '{"libraries":[]}', '{"targets":{}}'])
      expect(factsOf(dotnet, path, junk)).toBeUndefined();
    const odd = {
      runtimeTarget: 7,
      targets: {
        a: [],
        b: { 'A/1.0': { dependencies: { 'B/1.0': 7, __proto__: '1', A: '1.0' }, runtime: { x: 1 } } },
      },
      libraries: {
        A: { type: 'package' },
        'A/1.0': { type: 'package' },
        'A/../1': { type: 'package' },
        '/1': { type: 'package' },
        'B/x': { type: 'package' },
        'C/1': { type: 'evil' },
        'D/1': null,
      },
    };
    const image = catalogued(dotnet, { [path]: JSON.stringify(odd) });
    expect(names(image)).toEqual(['nuget:A@1.0']);
    expect(image.dependencies).toEqual([]);
  });

  it('libraries that need each other in a ring come to an end', () => {
    const ring = (used: boolean): object => ({
      targets: {
        t: Object.fromEntries(
          ['A', 'B', 'C'].map((name, place) => [
            `${name}/1`,
            {
              dependencies: { [['B', 'C', 'A'][place]!]: '1' },
              ...(used && place === 0 && { runtime: { 'a.dll': {} } }),
            },
          ]),
        ),
      },
      libraries: Object.fromEntries(['A', 'B', 'C'].map((name) => [`${name}/1`, { type: 'package' }])),
    });
    expect(edges(catalogued(dotnet, { [path]: JSON.stringify(ring(true)) }))).toEqual([
      'A@1 -> B@1',
      'B@1 -> C@1',
      'C@1 -> A@1',
    ]);
    expect(factsOf(dotnet, path, JSON.stringify(ring(false)))).toEqual([]);
  });
});
