import {
  type Descriptor,
  type Digest,
  isManifestMediaType,
  LadingError,
  parseManifest,
  successors,
} from '@lading/oci';
import { bytesSource, type ContentStore, memoryStore, readAll } from '../../src/index.ts';

/** A repository in memory whose every call is counted as the request it would be at a registry. */
export interface Repository extends ContentStore {
  /** `verb what` in the order of the calls; `what` is a tag, or the first letters of a digest. */
  readonly requests: string[];
  /** The repository itself, without the counting and the rules. */
  readonly inner: ContentStore;
  /** Content that the repository says it has, and has not. */
  readonly lost: Set<Digest>;
}

export interface Host {
  repository(name: string): Repository;
  /** All requests to all repositories. */
  readonly requests: readonly string[];
}

/** A registry in memory: repositories that can mount from each other. Uploads count as two requests (POST, PUT), mounts as one. */
export function startHost(name: string): Host {
  const repositories = new Map<string, Repository>();
  return {
    repository(path) {
      const known = repositories.get(path) ?? repository(name, path, repositories);
      repositories.set(path, known);
      return known;
    },
    get requests() {
      return [...repositories.values()].flatMap((repository) => repository.requests);
    },
  };
}

function repository(host: string, path: string, others: ReadonlyMap<string, Repository>): Repository {
  const inner = memoryStore(`${host}/${path}`);
  const requests: string[] = [];
  const lost = new Set<Digest>();
  const has = async (target: Descriptor): Promise<boolean> =>
    isManifestMediaType(target.mediaType)
      ? inner.resolve(target.digest).then(Boolean, () => false)
      : inner.exists(target);
  /** Registries refuse manifests that point at what they do not have. */
  const checkManifest = async (manifest: Descriptor, bytes: Uint8Array): Promise<void> => {
    for (const below of successors(parseManifest(bytes, manifest.mediaType))) {
      if (await has(below)) continue;
      const error = new LadingError('ERR_LADING_REGISTRY', `${inner.name} does not know ${below.digest}`);
      throw Object.assign(error, { codes: ['MANIFEST_BLOB_UNKNOWN'] });
    }
  };
  const told = (verb: string, what: string | Descriptor): void => {
    requests.push(`${verb} ${typeof what === 'string' ? what : what.digest.slice(0, 15)}`);
  };
  return {
    ...inner,
    inner,
    requests,
    lost,
    mount: { host, repository: path },
    async resolve(reference, options) {
      told('HEAD', reference);
      return inner.resolve(reference, options);
    },
    async load(reference, options) {
      told('GET', reference);
      return inner.load!(reference, options);
    },
    async fetch(target, options) {
      told('GET', target);
      return inner.fetch(target, options);
    },
    async exists(target, options) {
      told('HEAD', target);
      return lost.has(target.digest) || inner.exists(target, options);
    },
    async push(expected, content, options = {}) {
      if (isManifestMediaType(expected.mediaType)) {
        told('PUT', expected);
        const bytes = await readAll(await content.open(options), expected.size);
        await checkManifest(expected, bytes);
        return inner.push(expected, bytesSource(bytes), options);
      }
      const holder = options.mountFrom?.map((from) => others.get(from)?.inner);
      told('POST', expected);
      for (const other of holder ?? []) {
        if (other === undefined || !(await other.exists(expected))) continue;
        await inner.push(expected, { open: () => other.fetch(expected) });
        return 'mounted';
      }
      told('PUT', expected);
      // A registry takes what it is sent, also what it has.
      if (await inner.exists(expected)) await readAll(await content.open(options), expected.size);
      await inner.push(expected, content, options);
      return 'uploaded';
    },
    async publish(manifest, bytes, tag, options) {
      told('PUT', tag);
      await checkManifest(manifest, bytes);
      return inner.publish(manifest, bytes, tag, options);
    },
    async *referrers(subject, options) {
      told('GET referrers', subject);
      yield* inner.referrers(subject, options);
    },
    async isEmpty(options) {
      told('GET', 'tags/list');
      return inner.isEmpty!(options);
    },
  };
}
