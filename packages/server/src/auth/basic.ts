import { Fault } from '../http/fault.ts';
import { type AccountOptions, Accounts } from './accounts.ts';
import type { Authority } from './authority.ts';

/** A name and a password with each request (RFC 7617). */
export interface BasicAuthOptions extends AccountOptions {
  readonly type: 'basic';
}

export function basicAuthority(options: BasicAuthOptions): Authority {
  const accounts = new Accounts(options);
  return {
    admit(request, permission) {
      const { authorization } = request.headers;
      const user = authorization === undefined ? undefined : accounts.userOf(authorization);
      const allowed = permission !== undefined && accounts.may(user, permission);
      // The ping always asks who it is: clients learn from it how to sign in.
      if (user === undefined && (authorization !== undefined || !allowed)) {
        throw new Fault('UNAUTHORIZED', 'a user and the right password are needed', {
          headers: { 'WWW-Authenticate': 'Basic realm="registry"' },
        });
      }
      if (permission !== undefined && !allowed) throw new Fault('DENIED', 'this user may not do this');
      return { user, may: (wanted) => accounts.may(user, wanted) };
    },
  };
}
