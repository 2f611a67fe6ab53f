import type { JavaManifest } from './java-manifest.ts';
import { coordinate } from './java-pom.ts';

/**
 * Groups of libraries that do not tell theirs, as they are not made by Maven or are older than its habit to leave its files in archives. The first
 * pattern that fits `artifact@version` as a whole decides; an empty group is the artifact's own name.
 */
const known: readonly (readonly [artifact: RegExp, group: string])[] = [
  [/commons-(?:beanutils|chain|cli|codec|collections|configuration|dbcp|digester|discovery|el)@.*/, ''],
  [/commons-(?:fileupload|httpclient|io|jxpath|lang|logging|modeler|net|pool|validator)@.*/, ''],
  [/(?:antlr|aopalliance|dom4j|javassist|jdom|junit|log4j|ognl|oro|velocity|xalan|xml-apis|xpp3)@.*/, ''],
  [/ant(?:-.*)?@.*/, 'org.apache.ant'],
  [/asm(?:-(?:all|analysis|commons|tree|util))?@[4-9]\..*/, 'org.ow2.asm'],
  [/bc(?:jmail|mail|pg|pkix|prov|tls|util)(?:-.*)?@.*/, 'org.bouncycastle'],
  [/caffeine@.*/, 'com.github.ben-manes.caffeine'],
  [/clojure@.*/, 'org.clojure'],
  [/(?:connect-(?:api|file|json|runtime|transforms)|kafka[-_].*)@.*/, 'org.apache.kafka'],
  [/elasticsearch(?:-.*)?@.*/, 'org.elasticsearch'],
  [/gradle-.*@.*/, 'org.gradle'],
  [/groovy(?:-.*)?@[1-3]\..*/, 'org.codehaus.groovy'],
  [/groovy(?:-.*)?@.*/, 'org.apache.groovy'],
  [/grpc-.*@.*/, 'io.grpc'],
  [/javafx-.*@.*/, 'org.openjfx'],
  [/jna(?:-platform)?@.*/, 'net.java.dev.jna'],
  [/junit-jupiter(?:-.*)?@.*/, 'org.junit.jupiter'],
  [/junit-platform-.*@.*/, 'org.junit.platform'],
  [/junit-vintage-.*@.*/, 'org.junit.vintage'],
  [/kotlin-.*@.*/, 'org.jetbrains.kotlin'],
  [/kotlinx-.*@.*/, 'org.jetbrains.kotlinx'],
  [/lucene-.*@.*/, 'org.apache.lucene'],
  [/micrometer-.*@.*/, 'io.micrometer'],
  [/mockito-.*@.*/, 'org.mockito'],
  [/mysql-connector-java@.*/, 'mysql'],
  [/ojdbc\d+@.*/, 'com.oracle.database.jdbc'],
  [/okhttp(?:-.*)?@[1-2]\..*/, 'com.squareup.okhttp'],
  [/okhttp(?:-.*)?@.*/, 'com.squareup.okhttp3'],
  [/okio(?:-.*)?@.*/, 'com.squareup.okio'],
  [/reactor-netty(?:-.*)?@.*/, 'io.projectreactor.netty'],
  [/reactor-(?:core|extra|pool|test|tools)@.*/, 'io.projectreactor'],
  [/rxjava@1\..*/, 'io.reactivex'],
  [/rxjava@2\..*/, 'io.reactivex.rxjava2'],
  [/rxjava@.*/, 'io.reactivex.rxjava3'],
  [/scala(?:-(?:compiler|library|reflect)|3-library_3|p)@.*/, 'org.scala-lang'],
  [/slf4j-.*@.*/, 'org.slf4j'],
  [/solr-.*@.*/, 'org.apache.solr'],
  [/spring-batch-.*@.*/, 'org.springframework.batch'],
  [/spring-boot(?:-.*)?@.*/, 'org.springframework.boot'],
  [/spring-cloud-.*@.*/, 'org.springframework.cloud'],
  [/spring-data-.*@.*/, 'org.springframework.data'],
  [/spring-integration-.*@.*/, 'org.springframework.integration'],
  [/spring-kafka(?:-test)?@.*/, 'org.springframework.kafka'],
  [/spring-(?:amqp|rabbit.*)@.*/, 'org.springframework.amqp'],
  [/spring-security-.*@.*/, 'org.springframework.security'],
  [/spring-session-.*@.*/, 'org.springframework.session'],
  [
    /spring-(?:aop|aspects|beans|context.*|core|expression|instrument|jcl|jdbc|jms|messaging)@.*/,
    'org.springframework',
  ],
  [/spring-(?:orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)@.*/, 'org.springframework'],
  [/tomcat-embed-.*@.*/, 'org.apache.tomcat.embed'],
  [/tomcat-.*@.*/, 'org.apache.tomcat'],
  [/xerces(?:Impl|Samples)@.*/, 'xerces'],
].map(([pattern, group]) => [new RegExp(`^(?:${(pattern as RegExp).source})$`), group as string]);

/**
 * The group of an archive that Maven left nothing in, as far as its manifest and its name let one know. When nothing does it is the artifact's own
 * name, as with `junit`, `log4j` and `commons-io`: so old projects are called, and advisories and other cataloguers look for them.
 */
export function groupOf(
  artifact: string,
  version: string | undefined,
  manifest: JavaManifest | undefined,
): string {
  const told = coordinate(manifest?.['Group-Id']);
  if (told !== undefined) return told;
  const name = `${artifact}@${version ?? ''}`;
  const group = known.find(([pattern]) => pattern.test(name))?.[1];
  if (group !== undefined) return group === '' ? artifact : group;
  const vendor = domainName(manifest?.['Implementation-Vendor-Id']);
  if (vendor !== undefined) return vendor;
  for (const module of [manifest?.['Bundle-SymbolicName'], manifest?.['Automatic-Module-Name']]) {
    const found = domainName(module);
    if (found !== undefined) return groupOfModule(found, artifact);
  }
  return artifact;
}

/** A domain read backwards, as groups are named. OSGi puts directives behind a semicolon. */
function domainName(value: string | undefined): string | undefined {
  const name = coordinate(value?.split(';', 1)[0]);
  return name !== undefined && /^(?:com|org|net|io|edu|gov|dev|[a-z]{2})(?:\.[\w-]+)+$/.test(name)
    ? name
    : undefined;
}

/**
 * Modules are usually named by group and artifact, with what both have in common once: `org.assertj.core` of `assertj-core`, `org.mockito.mockito-core`,
 * `org.apache.commons.lang3` of `commons-lang3`. Where that does not fit, the module is as near to the group as one gets.
 */
function groupOfModule(module: string, artifact: string): string {
  const segments = module.split('.');
  const last = segments.at(-1)!;
  const group = segments.slice(0, -1).join('.');
  const isWhole = last === artifact && artifact.includes('-');
  const isShort =
    segments.slice(0, -1).some((segment) => artifact.startsWith(`${segment}-`)) &&
    artifact.endsWith(`-${last}`);
  return group.includes('.') && (isWhole || isShort) ? group : module;
}
