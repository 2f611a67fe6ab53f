import { createHash, timingSafeEqual } from 'node:crypto';
import type { Permission } from './authority.ts';

/** Who there is, and what they may do. */
export interface AccountOptions {
  /** Name to password. */
  readonly users: Readonly<Record<string, string>>;
  /** Everybody may pull; pushing still takes a user. */
  readonly anonymousPull?: boolean | undefined;
  /** Narrows what a user (`undefined`: nobody in particular) may do; without it every user may do everything. */
  readonly permit?: ((user: string | undefined, permission: Permission) => boolean) | undefined;
}

/** The users of a registry. Keeps only hashes of their passwords, so that these cannot show up anywhere. */
export class Accounts {
  readonly #passwords: ReadonlyMap<string, Buffer>;
  readonly #options: Pick<AccountOptions, 'anonymousPull' | 'permit'>;

  constructor({ users, anonymousPull, permit }: AccountOptions) {
    this.#passwords = new Map(Object.entries(users).map(([name, password]) => [name, hash(password)]));
    this.#options = { anonymousPull, permit };
  }

  /** True when there is such a user with such a password. */
  check(user: string, password: string): boolean {
    const known = this.#passwords.get(user);
    // The comparison takes as long for a user that does not exist.
    return timingSafeEqual(hash(password), known ?? hash('')) && known !== undefined;
  }

  may(user: string | undefined, permission: Permission): boolean {
    const { anonymousPull = false, permit } = this.#options;
    if (user === undefined && !(anonymousPull && permission.action === 'pull')) return false;
    return permit?.(user, permission) ?? true;
  }

  /** The user of an `Authorization: Basic` header; `undefined` when it is another kind, or name and password do not fit. */
  userOf(header: string): string | undefined {
    const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header) ?? [];
    if (encoded === undefined) return undefined;
    const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    return user !== undefined && password !== undefined && this.check(user, password) ? user : undefined;
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
