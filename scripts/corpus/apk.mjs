// apk.mjs REPOSITORY [OTHER.apk...] <PACKAGES.json
// Makes packages of Alpine's format 2 and the signed index of a repository, from a list of packages on standard input, with nothing but Node.
// Ready packages are put into the index beside them. Writes REPOSITORY/lading.rsa.pub and REPOSITORY/ARCH/*.apk, APKINDEX.tar.gz.
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { gzipSync, inflateRawSync } from 'node:zlib';

const date = 1767225600;
const keyName = 'lading.rsa.pub';
const endOfTar = Buffer.alloc(1024);

const sha1 = (bytes) => createHash('sha1').update(bytes).digest();
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);

function header(name, { mode = 0o644, size = 0, type = '0', link = '' }) {
  const block = Buffer.alloc(512);
  const octal = (value, at, length) => block.write(value.toString(8).padStart(length - 1, '0'), at);
  if (Buffer.byteLength(name) > 100) throw new Error(`a name too long for this: ${name}`);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(date, 136, 12);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\0' + '00root', 257);
  block.write('root', 297);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}

const entry = (name, head, body = Buffer.alloc(0)) =>
  Buffer.concat([header(name, { ...head, size: body.length }), padded(body)]);

/** In front of a file: the checksum that ends up in the database of what is installed. */
function checksum(name, bytes) {
  const record = ` APK-TOOLS.checksum.SHA1=${sha1(bytes).toString('hex')}\n`;
  return entry(
    `PaxHeaders/${posix.basename(name)}`,
    { type: 'x' },
    Buffer.from(`${record.length + 2}${record}`),
  );
}

function dataOf(files) {
  const folders = new Map();
  const parents = (path) => {
    const folder = posix.dirname(path);
    if (folder === '.' || folders.has(folder)) return;
    parents(folder);
    folders.set(folder, entry(`${folder}/`, { mode: 0o755, type: '5' }));
  };
  for (const { path } of files) parents(path);
  const contents = files.map(({ path, text, from, link, mode }) => {
    const body = from === undefined ? Buffer.from(text ?? link) : readFileSync(from);
    return link === undefined
      ? Buffer.concat([checksum(path, body), entry(path, { mode: mode ?? 0o644 }, body)])
      : Buffer.concat([checksum(path, body), entry(path, { mode: 0o777, type: '2', link })]);
  });
  return Buffer.concat([...folders.values(), ...contents, endOfTar]);
}

// Without an end: the next gzip member goes on with the tar.
const signatureOf = (bytes, key) =>
  gzipSync(entry(`.SIGN.RSA256.${keyName}`, {}, createSign('RSA-SHA256').update(bytes).sign(key)));

function make({ files, depends = [], provides = [], replaces = [], ...own }, key) {
  const content = dataOf(files);
  const data = gzipSync(content);
  const facts = {
    pkgname: own.name,
    pkgver: own.version,
    pkgdesc: own.description,
    url: own.url ?? '',
    builddate: date,
    packager: 'Lading <lading@example.com>',
    size: content.length,
    arch: own.arch,
    origin: own.origin ?? own.name,
    maintainer: own.maintainer,
    license: own.license,
    depend: depends,
    provides,
    replaces,
    datahash: createHash('sha256').update(data).digest('hex'),
  };
  const lines = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name} = ${one}\n`),
  );
  const control = gzipSync(entry('.PKGINFO', {}, Buffer.from(lines.join(''))));
  return Buffer.concat([signatureOf(control, key), control, data]);
}

/** The gzip members of a package, which are its signature (where there is one), control and data. */
function members(bytes) {
  const found = [];
  for (let rest = bytes; rest.length > 0; ) {
    if (rest[3] !== 0) throw new Error('a gzip header with fields in it');
    const { buffer, engine } = inflateRawSync(rest.subarray(10), { info: true });
    const length = 10 + engine.bytesWritten + 8;
    found.push({ bytes: rest.subarray(0, length), content: buffer });
    rest = rest.subarray(length);
  }
  return found;
}

/** What `.PKGINFO` says, which stands among the scripts of a package. */
function factsOf(control) {
  const numberAt = (at) => Number.parseInt(control.toString('latin1', at + 124, at + 136), 8);
  let at = 0;
  while (control.toString('latin1', at, at + 9) !== '.PKGINFO\0')
    at += 512 + 512 * Math.ceil(numberAt(at) / 512);
  const facts = {};
  for (const line of control.toString('utf8', at + 512, at + 512 + numberAt(at)).split('\n')) {
    const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (name !== undefined) facts[name] = [...(facts[name] ?? []), value];
  }
  return facts;
}

/** A package's stanza in the index. */
function stanza(bytes) {
  const control = members(bytes).at(-2);
  const facts = factsOf(control.content);
  const lines = [
    ['C', [`Q1${sha1(control.bytes).toString('base64')}`]],
    ['P', facts.pkgname],
    ['V', facts.pkgver],
    ['A', facts.arch],
    ['S', [bytes.length]],
    ['I', facts.size],
    ['T', facts.pkgdesc],
    ['U', facts.url],
    ['L', facts.license],
    ['o', facts.origin],
    ['m', facts.maintainer],
    ['t', facts.builddate],
    ['D', facts.depend],
    ['p', facts.provides],
  ];
  return lines.map(([name, value]) => (value === undefined ? '' : `${name}:${value.join(' ')}\n`)).join('');
}

const [out, ...ready] = process.argv.slice(2);
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const { arch, packages } = JSON.parse(readFileSync(0, 'utf8'));
const folder = join(out, arch);
mkdirSync(folder, { recursive: true });
writeFileSync(join(out, keyName), publicKey);

const stanzas = [];
function add(name, bytes) {
  writeFileSync(join(folder, name), bytes);
  stanzas.push(stanza(bytes));
}
for (const one of packages) add(`${one.name}-${one.version}.apk`, make({ ...one, arch }, privateKey));
for (const file of ready) add(basename(file), readFileSync(file));
const index = gzipSync(
  Buffer.concat([
    entry('DESCRIPTION', {}, Buffer.from('lading')),
    entry('APKINDEX', {}, Buffer.from(`${stanzas.join('\n')}\n`)),
    endOfTar,
  ]),
);
writeFileSync(join(folder, 'APKINDEX.tar.gz'), Buffer.concat([signatureOf(index, privateKey), index]));
