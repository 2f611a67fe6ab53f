import type { IncomingMessage, ServerResponse } from 'node:http';

/** Something a request wants to do. `repository` is `*` for all of them at once, and absent for the catalog. */
export interface Permission {
  readonly action: 'pull' | 'push' | 'delete' | 'catalog';
  readonly repository?: string | undefined;
}

/** Who asks, and what they may do. */
export interface Access {
  readonly user: string | undefined;
  may(permission: Permission): boolean;
}

/** Decides who may do what. One for a server, made at its start. */
export interface Authority {
  /**
   * Admits a request that wants `permission`, or that wants nothing but to know whether its credentials are good (`GET /v2/`).
   * @throws {Fault} `UNAUTHORIZED` with a challenge, `DENIED`
   */
  admit(request: IncomingMessage, permission: Permission | undefined): Access;
  /** Answers at `/token`, where tokens come from here. */
  issueToken?(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Lets everybody do everything. */
export const openAuthority: Authority = {
  admit: () => ({ user: undefined, may: () => true }),
};
