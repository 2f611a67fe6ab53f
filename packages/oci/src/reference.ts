import { type Digest, isDigest, parseDigest } from './digest.ts';
import { LadingError } from './errors.ts';

/** Where an image is: a registry's host, a repository there, and a tag, a digest, both or neither. */
export interface Reference {
  /** Host with port as it is addressed, for example `docker.io`, `localhost:5000`, `[::1]:5000`; lower case. */
  readonly host: string;
  /** The repository's full name, for example `library/alpine`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The name that people give Docker Hub; its API lives at another one (see `apiHost`). */
export const dockerHub = 'docker.io';
const dockerHubAliases: ReadonlySet<string> = new Set([
  dockerHub,
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const hostPattern =
  /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.?)(?::[0-9]{1,5})?$/;
/** Longest host and repository together that all known registries take (distribution-spec, Pulling manifests). */
const maxNameLength = 255;

/** Far more than host, repository, tag and digest together can have: longer text is not looked at. */
const maxTextLength = 2_048;

/** True for a tag by the grammar of distribution-spec 1.1. */
export function isTag(value: unknown): value is string {
  return typeof value === 'string' && tagPattern.test(value);
}

/** True for a repository name by the grammar of distribution-spec 1.1. */
export function isRepository(value: unknown): value is string {
  return typeof value === 'string' && repositoryPattern.test(value);
}

/**
 * Reads `[host/]repository[:tag][@digest]` with Docker Hub's short names: `alpine` is `docker.io/library/alpine`.
 *
 * The first part is a host when it has a dot, a colon or a bracket, is `localhost`, or is written in capitals alone.
 * @throws {LadingError} `ERR_LADING_REFERENCE`; the message points at the first wrong character.
 */
export function parseReference(text: string): Reference {
  if (text.trim() !== text || text === '')
    throw invalid(text, 0, text === '' ? 'it is empty' : 'it starts or ends with white space');
  if (text.length > maxTextLength) throw invalid(text, maxTextLength, `it has ${text.length} characters`);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text);
  if (scheme) throw invalid(text, 0, `it is a name, not a URL: leave "${scheme[0]}" out`);

  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, at + 1, digestProblem(digest));

  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const lower = first.toLowerCase();
  const hasHost = slash >= 0 && (looksLikeHost(lower) || /^(?=.*[A-Z])[A-Z0-9-]+$/.test(first));
  // A host that is told by its capitals alone keeps them: written small it would be a part of a repository.
  const host = hasHost ? (looksLikeHost(lower) ? lower : first) : dockerHub;
  if (hasHost && !validHost(lower))
    throw invalid(text, wrongHostCharacter(first), `"${first}" is not a host[:port]`);

  const pathStart = hasHost ? slash + 1 : 0;
  const path = name.slice(pathStart);
  const colon = path.indexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (!isRepository(repository))
    throw invalid(text, pathStart + wrongRepositoryCharacter(repository), repositoryProblem(repository));
  if (tag !== undefined && !isTag(tag))
    throw invalid(text, pathStart + colon + 1 + wrongTagCharacter(tag), tagProblem(tag));

  const hub = dockerHubAliases.has(host);
  const full = hub && !repository.includes('/') ? `library/${repository}` : repository;
  if (host.length + 1 + full.length > maxNameLength) {
    throw invalid(
      text,
      maxNameLength,
      `host and repository together have ${host.length + 1 + full.length} characters; registries take ${maxNameLength}`,
    );
  }
  return {
    host: hub ? dockerHub : host,
    repository: full,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: digest as Digest }),
  };
}

/** The shortest unambiguous text of a reference: host, repository, tag and digest, without Docker Hub's short forms. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.host}/${reference.repository}${tag}${digest}`;
}

/** The host that answers the distribution API for a reference's host: only Docker Hub's differs. */
export function apiHost(host: string): string {
  return dockerHubAliases.has(host) ? 'registry-1.docker.io' : host;
}

/** True for hosts that speak plain http without being asked to: `localhost`, `127.0.0.0/8` and `[::1]`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(name);
}

function looksLikeHost(name: string): boolean {
  return /[.:[]/.test(name) || name === 'localhost';
}

function validHost(host: string): boolean {
  const port = /:([0-9]+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1];
  return hostPattern.test(host) && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}

function invalid(text: string, position: number, why: string): LadingError<'ERR_LADING_REFERENCE'> {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  const caret = `${' '.repeat(Math.min(position, shown.length))}^`;
  return new LadingError('ERR_LADING_REFERENCE', `invalid image reference: ${why}\n  ${shown}\n  ${caret}`, {
    hint: 'A reference is written [host[:port]/]repository[:tag][@sha256:…].',
  });
}

function digestProblem(digest: string): string {
  try {
    parseDigest(digest);
  } catch (error) {
    return (error as Error).message;
  }
  return 'the digest is invalid';
}

function wrongHostCharacter(host: string): number {
  const wrong = host.search(/[^A-Za-z0-9.:[\]-]/);
  return Math.max(0, wrong);
}

function wrongRepositoryCharacter(repository: string): number {
  for (let end = 1; end <= repository.length; end++) {
    // A prefix is fine when it is a name, or becomes one with a further letter.
    const prefix = repository.slice(0, end);
    if (!repositoryPattern.test(prefix) && !repositoryPattern.test(`${prefix}a`)) return end - 1;
  }
  return repository.length;
}

function repositoryProblem(repository: string): string {
  if (repository === '') return 'the repository is missing';
  if (/[A-Z]/.test(repository)) return 'a repository must be lower case';
  return 'a repository is made of a-z, 0-9 and single separators (. _ __ - /) between them';
}

function wrongTagCharacter(tag: string): number {
  const wrong = tag.search(/[^A-Za-z0-9._-]/);
  if (wrong >= 0) return wrong;
  return tag.length > 128 ? 128 : 0;
}

function tagProblem(tag: string): string {
  if (tag === '') return 'the tag after ":" is missing';
  if (tag.length > 128) return `a tag has at most 128 characters, this one has ${tag.length}`;
  return 'a tag is made of A-Z, a-z, 0-9, "_", "." and "-", and starts with a letter, a digit or "_"';
}
