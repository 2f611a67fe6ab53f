export type { ConfigIssue, ConfigPath, ConfigPosition } from './issue.ts';
export { ConfigError } from './issue.ts';
export { configJsonSchema } from './json-schema.ts';
export type { LoadConfigOptions } from './load.ts';
export { loadConfig } from './load.ts';
export { editDistance, nearest } from './nearest.ts';
export type { ConfigNotice } from './notices.ts';
export { configNotices } from './notices.ts';
export type { ParseConfigOptions } from './parse.ts';
export { maxConfigSize, parseConfig, positionOf } from './parse.ts';
export { renderConfigIssue } from './render.ts';
export { Secret } from './secret.ts';
export type {
  BuildEntry,
  Config,
  ConfigDocument,
  DockerOptions,
  Duration,
  EntryDefaults,
  IgnoredFinding,
  RegistrySettings,
  SbomSettings,
  ScanSettings,
  Severity,
  SignSettings,
  SyncEntry,
  TagFilter,
  ToolImages,
  VerifySettings,
} from './types.ts';
export type { Environment } from './variables.ts';
