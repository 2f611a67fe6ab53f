import type { Descriptor } from '@lading/oci';
import { type ContentStore, memoryStore } from '../../src/index.ts';

/** A repository in memory whose every call is counted as the request it would be at a registry. */
export interface Repository extends ContentStore {
  /** `verb what` in the order of the calls; `what` is a tag, or the first letters of a digest. */
  readonly requests: string[];
  /** The repository itself, without the counting. */
  readonly inner: ContentStore;
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
  const told = (verb: string, what: string | Descriptor): void => {
    requests.push(`${verb} ${typeof what === 'string' ? what : what.digest.slice(0, 15)}`);
  };
  return {
    ...inner,
    inner,
    requests,
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
      return inner.exists(target, options);
    },
    async push(expected, content, options = {}) {
      if (expected.mediaType.includes('manifest') || expected.mediaType.includes('index')) {
        told('PUT', expected);
        return inner.push(expected, content, options);
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
      if (await inner.exists(expected)) await readThrough(await content.open(options));
      await inner.push(expected, content, options);
      return 'uploaded';
    },
    async publish(manifest, bytes, tag, options) {
      told('PUT', tag);
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

async function readThrough(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
