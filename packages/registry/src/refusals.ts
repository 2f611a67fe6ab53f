import type { RegistryError, SpecError } from './errors.ts';

/** True when a push was refused because the tag may not move. Registries that know immutable tags have no code for it in common. */
export function saysImmutable(error: unknown): boolean {
  const { status = 0, errors = [] } = error as Partial<RegistryError>;
  if (![400, 403, 405, 409, 412].includes(status)) return false;
  return (
    status === 409 ||
    errors.some(
      ({ code, message }) =>
        /TAG_INVALID|TagAlreadyExists/i.test(code) || /immutable|already exists/i.test(message),
    )
  );
}

/** True when a request was refused because there is no such repository. */
export function saysNoRepository(error: unknown): boolean {
  const { status, errors = [] } = error as Partial<RegistryError>;
  return status === 404 && isNameUnknown(errors);
}

/** True for the entries of an error document that says that there is no such repository. */
export function isNameUnknown(errors: readonly SpecError[]): boolean {
  return errors.some(
    ({ code, message }) =>
      code === 'NAME_UNKNOWN' || /repository.* (?:does not exist|not found)/i.test(message),
  );
}
