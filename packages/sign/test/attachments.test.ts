import { expect, test } from '@jest/globals';
import { mediaTypes } from '@lading/oci';
import type { ContentStore } from '@lading/store';
import { makeReferrer } from '@lading/testkit';
import { attachDocument, downloadSboms, listAttachments } from '../src/index.ts';
import { storeWith } from './support.ts';

/** As go-containerregistry's registry lists referrers: with the type of their config, whatever they say that they are. */
function listingConfigTypes(store: ContentStore): ContentStore {
  return {
    ...store,
    async *referrers(subject, options) {
      for await (const found of store.referrers(subject, options))
        yield { ...found, artifactType: mediaTypes.ociEmpty };
    },
  };
}

test('sbom case 44: a document is found as what it is also where the list tells the type of its config', async () => {
  const { store, subject } = await storeWith();
  await attachDocument(store, subject, 'application/spdx+json', Buffer.from('{"name":"app"}'));
  const listing = listingConfigTypes(store);
  const found = await listAttachments(listing, subject, { tags: [] });
  expect(found).toMatchObject([{ kind: 'other', descriptor: { artifactType: 'application/spdx+json' } }]);
  const { documents } = await downloadSboms(listing, subject);
  expect(documents.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['{"name":"app"}']);
});

test('what is listed and not there stays what it is listed as', async () => {
  const { store, subject } = await storeWith();
  const gone = makeReferrer(subject, 'application/spdx+json').descriptor;
  const listing: ContentStore = {
    ...store,
    async *referrers() {
      yield { ...gone, artifactType: '' };
    },
  };
  const found = await listAttachments(listing, subject, { tags: [] });
  expect(found).toMatchObject([{ kind: 'other', descriptor: { digest: gone.digest, artifactType: '' } }]);
});

test('a plain SBOM beside the image is found also when signatures are kept elsewhere', async () => {
  const { store, subject } = await storeWith();
  const { store: signatures } = await storeWith(undefined, 'reg.example/acme/signatures');
  await attachDocument(store, subject, 'application/spdx+json', Buffer.from('{"name":"app"}'));
  const { documents } = await downloadSboms(store, subject, { signatures });
  expect(documents).toMatchObject([{ mediaType: 'application/spdx+json' }]);
});
