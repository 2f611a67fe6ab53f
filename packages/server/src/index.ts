export type { ServerErrorCode } from './errors.ts';
export type { RequestRecord } from './http/handler.ts';
export type { RegistryLimits, RegistryOptions, RegistryServer } from './server.ts';
export { checkExposure, defaultLimits, startRegistry } from './server.ts';
