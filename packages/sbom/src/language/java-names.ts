import { baseOf } from '../layer/path.ts';
import { coordinate } from './java-pom.ts';

/** Archives of Java programs and libraries, of portals and application servers, of Jenkins' plugins. */
const extension = /\.(?:jar|war|ear|par|sar|nar|jpi|hpi|kar|far|rar|lpkg|zap)$/i;

export function isJavaArchive(path: string): boolean {
  return extension.test(path);
}

/** What a path tells of an archive. */
export interface PathCoordinates {
  readonly group?: string | undefined;
  readonly artifact: string;
  readonly version?: string | undefined;
}

/** Several archives of one thing, as Maven's and Gradle's plugins name them. */
const classifier = /-(?:sources|javadoc|tests|all|fat|uber|shaded|exec|standalone|jar-with-dependencies)$/;

/** `name-1.2.3.jar`, and also `name_1.2.3.jar` of OSGi and `name.1.2.jar`; more where the folders are those of a repository. Nothing for a name that is none. */
export function pathCoordinates(path: string): PathCoordinates | undefined {
  const stem = baseOf(path).replace(extension, '').slice(0, 300);
  const match =
    /^([A-Za-z].*?)[-_]((?:v?\d|rc?\d|build\d).*)$/.exec(stem) ??
    /^([A-Za-z].*?)\.(\d+(?:\.\d.*)?)$/.exec(stem);
  const artifact = coordinate(match?.[1] ?? stem.replace(classifier, ''));
  if (artifact === undefined) return undefined;
  const told = { artifact, version: coordinate(match?.[2]?.replace(classifier, '')) };
  return repositoryCoordinates(path, stem) ?? told;
}

/** The folders of Maven's repositories (`repository/org/acme/widget/1.0/widget-1.0.jar`) and of Gradle's cache (`files-2.1/org.acme/widget/1.0/SHA1/widget-1.0.jar`). */
function repositoryCoordinates(path: string, stem: string): PathCoordinates | undefined {
  const folders = path.split('/').slice(0, -1);
  const gradle = folders.lastIndexOf('files-2.1');
  if (gradle >= 0 && folders.length === gradle + 5) {
    const [group, artifact, version] = folders.slice(gradle + 1).map(coordinate);
    return artifact === undefined ? undefined : { group, artifact, version };
  }
  const [artifact, version] = folders.slice(-2).map(coordinate);
  if (artifact === undefined || version === undefined || !/\d/.test(version)) return undefined;
  if (stem !== `${artifact}-${version}` && !stem.startsWith(`${artifact}-${version}-`)) return undefined;
  const root = folders.findLastIndex((name) => /^(?:repository|maven-repo|maven2|m2|repo)$/.test(name));
  const group = root < 0 ? undefined : coordinate(folders.slice(root + 1, -2).join('.'));
  return { group, artifact, version };
}
