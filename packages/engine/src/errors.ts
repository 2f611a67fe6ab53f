/** The codes that `@lading/engine` throws. */
export type EngineErrorCode =
  /** The engine has no such image. */
  | 'ERR_LADING_NOT_FOUND'
  /** The engine refuses, or answers with what is no answer. */
  | 'ERR_LADING_ENGINE'
  /** There is no engine, or none that can be reached. */
  | 'ERR_LADING_ENGINE_UNREACHABLE';
