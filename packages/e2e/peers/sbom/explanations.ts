import type { Side } from './compare.ts';

/** Why a package that only some find is as it should be. */
export interface Explanation {
  /** Those who may have it: `lading` alone, or one or both of the others. */
  readonly has: readonly Side[];
  /** Of the image. Default: all images. */
  readonly image?: RegExp;
  /** Of the package's identity, whole; see `identityOf`. */
  readonly is: RegExp;
  /** What lading has in its place: put for what `is` matches. It counts only if lading has that, which is then explained as well. */
  readonly ours?: string;
  readonly reason: string;
}

export const explanations: readonly Explanation[] = [
  {
    has: ['trivy'],
    image: /^wolfi$/,
    is: /^apk\/unknown\/(.*)$/,
    ours: 'apk/wolfi/$1',
    reason:
      'once more, from the SBOM that melange put into the package: it does not know the distribution and says `unknown`',
  },
  {
    has: ['syft'],
    is: /^maven\/org\.objectweb\.asm[^/]*\/(.*)$/,
    ours: 'maven/org.ow2.asm/$1',
    reason:
      'syft takes the name of the OSGi bundle for the group; the repository beside it has the right one',
  },
  {
    has: ['syft'],
    is: /^maven\/asm-all\/asm-all@(.*)$/,
    ours: 'maven/org.ow2.asm/asm-all@$1',
    reason: 'syft finds no group; the repository beside it has one',
  },
  {
    has: ['syft'],
    is: /^maven\/org\.mongodb\.[^/]+\/(.*)$/,
    ours: 'maven/org.mongodb/$1',
    reason:
      'syft takes the name of the OSGi bundle for the group; the repository beside it has the right one',
  },
  {
    has: ['syft'],
    is: /^maven\/jsr305\/jsr305@0\.1-SNAPSHOT$/,
    ours: 'maven/org.jsr-305/jsr305@0.1-SNAPSHOT',
    reason: 'syft finds no group; it lies in a repository, in the folder of one',
  },
  {
    has: ['syft'],
    is: /^maven\/[^/]+\/error-prone-(annotations?)@$/,
    ours: 'maven/com.google.errorprone/error_prone_$1@2.18.0',
    reason:
      'once more, by the name of the file and without a version, beside what its pom.properties say; the artifact has underscores',
  },
  {
    has: ['syft'],
    is: /^maven\/[^/]+\/error-prone-type-annotations@$/,
    ours: 'maven/com.google.errorprone/error_prone_type_annotations@2.18.0',
    reason: 'once more, by the name of the file and without a version, as with the other annotations',
  },
  {
    has: ['syft'],
    is: /^nuget\/(.+)@4\.700\.19\.56404$/,
    ours: 'nuget/$1@4.7.0',
    reason:
      'once more, with the version in an assembly for another system, which is that of the build and not of the package; deps.json lists it',
  },
  {
    has: ['syft'],
    is: /^npm\/[^@]+@$/,
    reason:
      'a package.json without a version: a folder of the package around it, which nobody can have installed',
  },
  {
    has: ['syft'],
    is: /^maven\/com\.google\.javascript\.jscomp\.CommandLineRunner\/compiler@$/,
    ours: 'maven/compiler/compiler@',
    reason: 'the archive says no group, and syft takes the class that is started for it',
  },
  {
    has: ['syft'],
    is: /^maven\/io\.qameta\.allure\.model\/(.*)$/,
    ours: 'maven/io.qameta.allure/$1',
    reason: 'syft takes the name of the Java module for the group',
  },
  {
    has: ['syft'],
    is: /^maven\/kotlin-stdlib\/(.*)$/,
    ours: 'maven/org.jetbrains.kotlin/$1',
    reason: "syft finds no group; Kotlin's own library has one",
  },
  {
    has: ['trivy'],
    is: /^golang\/github\.com\/evanw\/esbuild@$/,
    reason: 'trivy finds no version of the program itself; it has the commit it was built from',
  },
  {
    has: ['syft'],
    image: /^programs$/,
    is: /^deb\/debian\/(.*)$/,
    ours: 'deb/debian/$1 amd64',
    reason: 'the note in the program tells the architecture too, which syft leaves out',
  },
  {
    has: ['syft'],
    image: /^programs$/,
    is: /^generic\/(?:calendar|ctype|exif|ffi|fileinfo|ftp|gettext|iconv|opcache|pdo|phar|posix|readline|shmop|sockets|sysv(?:msg|sem|shm)|tokenizer)@/,
    reason:
      'an extension that comes with PHP, in the version of PHP itself, which is found; not one of the programs that are looked for',
  },
  {
    has: ['lading'],
    image: /^programs$/,
    is: /^(?:cpan\/perl|generic\/(?:haproxy|httpd|mariadb|php-cli|ruby|util-linux|zstd))@/,
    reason:
      'the version of the Debian package that the program is from; syft does not look for the program under the name or in the words that Debian has',
  },
];
