// name-layout.mjs LAYOUT OUT: the one image of an OCI layout that some other program wrote, as a layout in which it is called latest.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [layout, out] = process.argv.slice(2);
const read = (digest) => JSON.parse(readFileSync(join(out, 'blobs', ...digest.split(':')), 'utf8'));
const part = `${out}.part`;

rmSync(part, { recursive: true, force: true });
cpSync(layout, part, { recursive: true });
rmSync(out, { recursive: true, force: true });
renameSync(part, out);
const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
let [image] = index.manifests;
while (image.mediaType.includes('index')) [image] = read(image.digest).manifests;
const entry = { ...image, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
writeFileSync(join(out, 'index.json'), JSON.stringify({ ...index, manifests: [entry] }));
console.log(`${out} ${image.digest}`);
