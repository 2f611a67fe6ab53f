import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How each tool is asked to copy one image between two loopback registries that speak plain http, digests kept. */
export const copyCommands: Readonly<Record<string, (source: string, destination: string) => string>> = {
  lading: (source, destination) => `${lading} copy --quiet --progress none ${source} ${destination}`,
  crane: (source, destination) => `crane copy --insecure ${source} ${destination}`,
  regctl: (source, destination) =>
    `regctl image copy --host reg=${host(source)},tls=disabled --host reg=${host(destination)},tls=disabled ${source} ${destination}`,
  oras: (source, destination) =>
    `oras cp --no-tty --from-plain-http --to-plain-http ${source} ${destination}`,
  skopeo: (source, destination) =>
    `skopeo copy --quiet --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false docker://${source} docker://${destination}`,
};

/** The published form of the command line: the bundle, on the Node that the workspace brings. */
export const lading: string = `node ${root}packages/cli/dist/main.js`;

/** `PATH` with the peers and the workspace's own Node in front. */
export function toolPath(): string {
  const peers = execFileSync(
    `${root}scripts/peers.sh`,
    ['crane', 'regctl', 'regsync', 'oras', 'registry', 'cosign', 'syft', 'skopeo'],
    { encoding: 'utf8' },
  );
  return `${peers.trim().split('\n').at(-1)}:${root}node_modules/.bin:${process.env.PATH}`;
}

/** The versions that were measured, for the report: those that `scripts/peers.sh` pins, as programs built from modules do not know theirs. */
export function versions(path: string): string {
  const folder = path.slice(0, path.indexOf(':'));
  const built = ['crane', 'regctl', 'regsync', 'oras', 'registry', 'cosign', 'syft'].map(
    (name) =>
      `${name === 'registry' ? 'distribution' : name} ${readFileSync(`${folder}/.versions/${name}`, 'utf8').trim()}`,
  );
  const skopeo = execFileSync('skopeo', ['--version'], { encoding: 'utf8' }).trim().replace(' version', '');
  return [`Node ${process.version}`, ...built, skopeo].join(', ');
}

function host(reference: string): string {
  return reference.slice(0, reference.indexOf('/'));
}
