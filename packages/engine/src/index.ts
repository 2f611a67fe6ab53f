export { type Engine, type EngineAddress, type EngineCertificates, parseEngineAddress } from './address.ts';
export type { EngineErrorCode } from './errors.ts';
export { type ExportOptions, exportImage } from './export-image.ts';
