/** The codes that `@lading/server` throws at the program that starts it; what goes wrong in a request is answered over HTTP. */
export type ServerErrorCode =
  /** Listening beyond loopback without credentials was not asked for. */
  | 'ERR_LADING_SERVE_OPEN'
  /** The folder holds something other than a registry. */
  | 'ERR_LADING_SERVE_DIRECTORY'
  /** The address cannot be listened on. */
  | 'ERR_LADING_SERVE_LISTEN';
