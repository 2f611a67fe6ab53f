export { binaryCataloguers } from './binary/cataloguers.ts';
export type {
  Bom,
  BomNote,
  Dependency,
  Evidence,
  Hash,
  HashAlgorithm,
  License,
  OperatingSystem,
  Package,
  PackageType,
  SourcePackage,
} from './bom.ts';
export { type FolderCacheOptions, folderCache } from './cache/folder-cache.ts';
export type { LayerCache } from './cache/layer-cache.ts';
export { memoryCache } from './cache/memory-cache.ts';
export { withoutBase } from './catalogue/base.ts';
export {
  type CataloguedImages,
  type CatalogueEvent,
  type CatalogueOptions,
  catalogue,
  catalogueAll,
  catalogueImage,
  catalogueIndex,
  indexBom,
  subjectOf,
} from './catalogue/catalogue.ts';
export { defaultCataloguers } from './catalogue/cataloguers.ts';
export type { CatalogueErrorCode } from './catalogue/errors.ts';
export { type LayerOrigin, LayerReader, type LayerReaderOptions } from './catalogue/layer-reader.ts';
export { platformNames } from './catalogue/platform-names.ts';
export {
  type Image,
  type ImageManifestAt,
  type Images,
  onlyImages,
  readImage,
} from './catalogue/read-image.ts';
export type {
  CatalogueContext,
  Catalogued,
  Cataloguer,
  FileHead,
  FoundFile,
  ImageTree,
  Probe,
} from './cataloguer.ts';
export type { CycloneDxOptions } from './cyclonedx/document.ts';
export { cycloneDxJson } from './cyclonedx/json.ts';
export type { CycloneDxVersion } from './cyclonedx/model.ts';
export { parseCycloneDx } from './cyclonedx/read.ts';
export { type ToCycloneDxOptions, toCycloneDx } from './cyclonedx/to-cyclonedx.ts';
export { cycloneDxXml } from './cyclonedx/xml.ts';
export type {
  BomDiff,
  Change,
  DiffLayer,
  DiffPackage,
  ImageName,
  LicenseChange,
  PackageChange,
} from './diff/bom-diff.ts';
export { diffBoms } from './diff/diff-boms.ts';
export { diffLines } from './diff/diff-lines.ts';
export { embeddedCataloguers } from './embedded/cataloguers.ts';
export { fileHashes } from './files/file-hashes.ts';
export { type CatalogueFolderOptions, catalogueFolder } from './folder/catalogue-folder.ts';
export type { SbomErrorCode } from './formats/errors.ts';
export { type SbomLimits, sbomLimits } from './formats/limits.ts';
export { type Author, type DocumentOptions, parseAuthor, type Tool } from './formats/options.ts';
export { type ReadSbom, readSbom, type SbomFormat } from './formats/read.ts';
export {
  type GitHubDependency,
  type GitHubManifest,
  type GitHubSnapshot,
  type GitHubSnapshotOptions,
  githubSnapshot,
} from './github/snapshot.ts';
export type { Json } from './json.ts';
export { languageCataloguers } from './language/cataloguers.ts';
export { isLayerMediaType } from './layer/decompress.ts';
export type { LayerErrorCode } from './layer/errors.ts';
export type { LayerFacts, MissedFile } from './layer/facts.ts';
export { type LayerLimits, layerLimits } from './layer/limits.ts';
export { type ReadLayerOptions, readLayer } from './layer/read-layer.ts';
export { type ReadLayerByTocOptions, readLayerByToc } from './layer/read-layer-by-toc.ts';
export type { FetchRange } from './layer/toc.ts';
export { licenseOf, licensesOf } from './license/license.ts';
export { alpm } from './os/alpm.ts';
export { apk } from './os/apk.ts';
export { dpkg } from './os/dpkg.ts';
export { opkg } from './os/opkg.ts';
export { operatingSystemOf, osRelease } from './os/os-release.ts';
export { isDistributed, purlOf } from './purl/package-purl.ts';
export { encodePurl, type Purl, parsePurl } from './purl/purl.ts';
export { type PurlParts, packageOfPurl } from './purl/purl-package.ts';
export { type CheckOptions, checkSbom, profileNames } from './quality/check.ts';
export { type GateResult, passGate, type QualityGate } from './quality/gate.ts';
export type { ProfileName, ProfileReport, QualityReport, RequirementReport } from './quality/report.ts';
export { rpm } from './rpm/rpm.ts';
export { parseSpdx } from './spdx/read.ts';
export { type SpdxOptions, spdxJson } from './spdx/write.ts';
export { parseSyftJson } from './syft/read.ts';
export { syftJson } from './syft/write.ts';
export { type PackageTable, type PackageTableOptions, packageTable } from './table/package-table.ts';
export { TarError, type TarProblem } from './tar/errors.ts';
export { type TarBody, type TarHead, TarReader, type TarType, type TarVisitor } from './tar/reader.ts';
export { foldLayers } from './tree/fold-layers.ts';
export { wholeFile } from './whole-file.ts';
