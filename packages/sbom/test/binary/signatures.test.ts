import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { binary } from '../../src/binary/binary.ts';
import { purlOf } from '../../src/purl/package-purl.ts';
import { catalogued } from '../language/catalogued.ts';

/** Bytes as a program has them around its version, with what else it has of the kind in front. Made up, after what programs print. */
const programs: readonly (readonly [path: string, bytes: string, purl: string])[] = [
  ['usr/local/bin/node', '\0v6.0.0\0node.js/v22.11.0\0', 'pkg:generic/node@22.11.0'],
  ['bin/node', 'a\0v4.8.0\0b', 'pkg:generic/node@4.8.0'],
  ['bin/node', '\0node v0.11.1\0', 'pkg:generic/node@0.11.1'],
  ['usr/bin/python3.12', '\x003.12\x003.12.99x\x003.13.1\x003.12.7\0', 'pkg:generic/python@3.12.7'],
  ['usr/bin/python3.14', '\x003.14.0rc2+\0', 'pkg:generic/python@3.14.0rc2%2B'],
  ['usr/lib/libpython3.9.so.1.0', '\x003.9.21\0', 'pkg:generic/python@3.9.21'],
  ['opt/libpypy3.10-c.so', '[PyPy 7.3.19 with GCC 10.2.1]', 'pkg:generic/pypy@7.3.19'],
  ['usr/local/bin/ruby', '\0ruby is\0ruby 3.4.1 (2024-12-25 revision 1) [x]\0', 'pkg:generic/ruby@3.4.1'],
  ['usr/lib/libruby-3.1.so.3.1.2', '\0ruby 3.1.2p20 (2022-04-12 rev', 'pkg:generic/ruby@3.1.2p20'],
  ['usr/local/bin/perl', '/usr/local/lib/perl5/5.40.1\0', 'pkg:cpan/perl@5.40.1'],
  ['opt/perl/bin/perl5.38.2', '\0v5.38.2\0', 'pkg:cpan/perl@5.38.2'],
  ['usr/local/bin/php', 'X-Powered-By: PHP/8.4.0RC4\r\n', 'pkg:generic/php-cli@8.4.0RC4'],
  ['usr/sbin/php-fpm8.2', 'X-Powered-By: PHP/8.2.29\0', 'pkg:generic/php-fpm@8.2.29'],
  ['usr/lib/apache2/modules/libphp.so', 'X-Powered-By: PHP/8.3.1\0', 'pkg:generic/php@8.3.1'],
  ['jre/bin/java', '\0openjdk\0java\x000.0\x0021.0.9+10-LTS\0', 'pkg:generic/oracle/openjdk@21.0.9%2B10-LTS'],
  ['jre/bin/java', '\x000.0\0\0\x0011.0.30+7\0\0openjdk\0java\0', 'pkg:generic/oracle/openjdk@11.0.30%2B7'],
  ['jre/bin/java', '\0java\x001.8\x001.8.0_471-b09\0', 'pkg:generic/oracle/jre@1.8.0_471-b09'],
  [
    'jre/bin/java',
    'openjdk\0java\x000.0\x0017.0.9+9-jvmci-23.0-b22\0',
    'pkg:generic/oracle/graalvm@17.0.9%2B9-jvmci-23.0-b22',
  ],
  ['erts/bin/erlexec', '/src/otp_src_27.3.4/erts/lib', 'pkg:generic/erlang@27.3.4'],
  ['erts/bin/beam.smp', `\x0028.0.1${'\0'.repeat(40)}Erlang/OTP 28%s [erts-16]`, 'pkg:generic/erlang@28.0.1'],
  ['bin/elixir', '#!/bin/sh\nset -e\nELIXIR_VERSION=1.18.0-rc.0\n', 'pkg:generic/elixir@1.18.0-rc.0'],
  ['lib/elixir/ebin/elixir.app', '{application,elixir,[{vsn,"1.17.3"}]}.', 'pkg:generic/elixir@1.17.3'],
  ['lib/libjulia-internal.so.1.11', '\0verify_methods\x001.11.7\0branch\0', 'pkg:generic/julia@1.11.7'],
  ['bin/dart', '\x003.9.0 (stable) (Mon', 'pkg:generic/dart@3.9.0'],
  ['bin/dart', '\x003.10.0-75.1.beta (beta) (Mon', 'pkg:generic/dart@3.10.0-75.1.beta'],
  ['bin/deno', 'denover2.5.6Deno/2.5.6Deno/', 'pkg:generic/deno@2.5.6'],
  ['bin/deno', `standalonedeno-${'0123456789'.repeat(4)}release/v1.29.1win`, 'pkg:generic/deno@1.29.1'],
  ['bin/bun', 'Bun v1.3.0\nbun-1.3.0', 'pkg:generic/bun@1.3.0'],
  ['usr/local/go/bin/go', 'go1.1 was\0go1.25.4\0', 'pkg:generic/go@1.25.4'],
  ['lib/libstd-0123456789abcdef.so', 'LLVM (rustc version 1.91.0 (f8297e351 2025', 'pkg:generic/rust@1.91.0'],
  ['usr/local/bin/gcc', 'GCC: (GNU) 15.2.0\0', 'pkg:generic/gcc@15.2.0'],
  ['bin/ghc-9.12.2', '\0GHC 9.12.2\0', 'pkg:generic/haskell/ghc@9.12.2'],
  ['bin/cabal', '\0Cabal-3.14.1.0-inplace:X', 'pkg:generic/haskell/cabal@3.14.1.0'],
  ['bin/stack', 'Version 3.7.1, Git revision', 'pkg:generic/haskell/stack@3.7.1'],
  ['bin/swipl', '/tmp/src/swipl-9.3.30/src', 'pkg:generic/swipl@9.3.30'],
  ['usr/sbin/nginx', '\0nginx version: nginx/1.29.3\n', 'pkg:generic/nginx@1.29.3'],
  ['usr/sbin/nginx', '\0nginx version: openresty/1.27.1.2\n', 'pkg:generic/nginx@1.27.1'],
  ['usr/local/apache2/bin/httpd', 'Apache/%s\0Apache/2.4.66\0', 'pkg:generic/httpd@2.4.66'],
  ['usr/sbin/lighttpd', '\0lighttpd/1.4.82\0', 'pkg:generic/lighttpd@1.4.82'],
  ['usr/sbin/haproxy', 'version 3.2.6-1+deb13u1, released 2025/10', 'pkg:generic/haproxy@3.2.6'],
  ['usr/sbin/haproxy', '\0HA-Proxy version 1.8.30 2021/04/12', 'pkg:generic/haproxy@1.8.30'],
  ['usr/sbin/haproxy', '\x003.3-dev9-1234abc\0\0\0HAProxy version follows', 'pkg:generic/haproxy@3.3-dev9'],
  ['sbin/proftpd', '\0ProFTPD Version 1.3.9a\0', 'pkg:generic/proftpd@1.3.9a'],
  ['usr/local/bin/memcached', '\0memcached 1.6.39\n', 'pkg:generic/memcached@1.6.39'],
  ['redis-server', '\x008.2.3buildkitsandbox-1762000000000000000\0', 'pkg:generic/redis@8.2.3'],
  ['redis-server', '\x006.2.0123456789abc-1700000000000000000\0', 'pkg:generic/redis@6.2.0'],
  ['redis-server', 'A7.0.151790000000000000000\0', 'pkg:generic/redis@7.0.15'],
  ['redis-server', '\x007.4.1builder-7.example-1700000000000000000\0', 'pkg:generic/redis@7.4.1'],
  ['redis-server', 'started, Redis version 2.6.9\0', 'pkg:generic/redis@2.6.9'],
  ['valkey-server', 'valkey9.0.1buildkitsandbox-1764000000000000000\0', 'pkg:generic/valkey@9.0.1'],
  ['bin/postgres', 'to PostgreSQL 9.1.\0PostgreSQL 18.1 (Debian 18', 'pkg:generic/postgresql@18.1'],
  ['bin/postgres', '?PostgreSQL 19beta1 on x86_64', 'pkg:generic/postgresql@19beta1'],
  ['bin/mysql', 'shutdown\x008.4.7\0\0\0mysql_real_escape\0', 'pkg:generic/mysql@8.4.7'],
  ['bin/mysql', '/release/mysql-5.6.49/vio/', 'pkg:generic/mysql@5.6.49'],
  ['bin/mysql', '/BUILD/percona-server-8.4.6-6/p', 'pkg:generic/percona-server@8.4.6'],
  ['bin/mysql', '/Percona-XtraDB-Cluster-8.0.43/sql', 'pkg:generic/percona-xtradb-cluster@8.0.43'],
  ['bin/mysql', '\x0010.11.14-MariaDB\0', 'pkg:generic/mariadb@10.11.14'],
  ['bin/mariadb', '/debug/mariadb-12.0.2-1-redhat', 'pkg:generic/mariadb@12.0.2'],
  ['usr/sbin/mariadbd', '\x0011.8.4-MariaDB\0', 'pkg:generic/mariadb@11.8.4'],
  ['usr/sbin/mysqld', '../mysql-9.5.0/sql/log.cc', 'pkg:generic/mysql-server@9.5.0'],
  ['usr/sbin/mysqld', '-cluster-gpl\x005.7.44-ndb-7.6.36\0', 'pkg:generic/mysql-cluster@7.6.36'],
  ['usr/sbin/ndbd', '/mysql-cluster-gpl-9.4.0/storage', 'pkg:generic/mysql-cluster@9.4.0'],
  ['bin/xtrabackup', '/percona-xtrabackup-8.4.0-4/', 'pkg:generic/percona-xtrabackup@8.4.0'],
  ['usr/bin/mongod', '\x008.2.1\0cppdefines\0', 'pkg:generic/mongodb@8.2.1'],
  ['usr/bin/arangosh', '\x003.12.6-1 enterprise [linux]', 'pkg:generic/arangodb@3.12.6-1'],
  ['bin/busybox', 'BusyBox v1.37.0 (2025', 'pkg:generic/busybox@1.37.0'],
  ['bin/bash', '@(#)Bash version 5.3.3(1) release GNU', 'pkg:generic/bash@5.3.3'],
  ['usr/bin/openssl', '\0OpenSSL 1.1.1zd  11 Feb 2025\0', 'pkg:generic/openssl@1.1.1zd'],
  ['usr/lib/libcrypto.so.3', '\0OpenSSL 3.6.0-beta1 30 Sep 2025\0', 'pkg:generic/openssl@3.6.0-beta1'],
  ['usr/bin/openssl', '\0OpenSSL 1.1.1 (compatible; AWS-LC 1.64.0)\0', 'pkg:generic/aws-lc@1.64.0'],
  ['usr/bin/curl', 'curl/8.17.0\0', 'pkg:generic/curl@8.17.0'],
  ['usr/bin/jq', '\x001.8.1\0', 'pkg:generic/jq@1.8.1'],
  ['usr/bin/zstd', '\0v1.5.7\0', 'pkg:generic/zstd@1.5.7'],
  ['usr/bin/xz', '\0xz (XZ Utils) 5.8.1\0', 'pkg:generic/xz@5.8.1'],
  ['usr/bin/gzip', '%s: %s: not in gzip format\n\x001.14\0', 'pkg:generic/gzip@1.14'],
  ['usr/bin/getopt', '\0util-linux 2.41.2\0', 'pkg:generic/util-linux@2.41.2'],
  ['usr/bin/ldapsearch', '@(#) $OpenLDAP: ldapsearch 2.6.9 (May', 'pkg:generic/openldap@2.6.9'],
  ['usr/lib/libkrb5.so.3', 'KRB5_BRAND: krb5-1.22-final 1.22 20250805', 'pkg:generic/krb5@1.22'],
  ['usr/lib/libkrb5.so.26', '$Version: Heimdal 7.8.0 $', 'pkg:generic/heimdal-krb5@7.8.0'],
  ['usr/lib/libQt6Core.so.6.9.0', '\0Qt 6.9.0 (x86_64', 'pkg:generic/qtbase@6.9.0'],
  ['usr/lib/libQtCore.so.4', 'the QtCore library version 4.8.7\n', 'pkg:generic/qtbase@4.8.7'],
  ['usr/bin/ffmpeg', '\0%s version 8.0-static\0', 'pkg:generic/ffmpeg@8.0'],
  ['usr/lib/libavcodec.so.62', '\0FFmpeg version 8.0.1\0', 'pkg:generic/ffmpeg@8.0.1'],
  ['bin/fluent-bit', '\x004.1.1\0%sFluent Bit v%s', 'pkg:github/fluent/fluent-bit@4.1.1'],
  ['opt/google/chrome/chrome', '\x00142.0.7444.59\0Default\0', 'pkg:generic/chrome@142.0.7444.59'],
  ['usr/bin/composer', "#!/usr/bin/env php\n'pretty_version' => '2.9.1',", 'pkg:generic/composer@2.9.1'],
  ['usr/local/bin/wp', '#!/usr/bin/env php\nwp-cli/wp-cli 2.12.0 2025', 'pkg:generic/wp-cli@2.12.0'],
];

/** Text stands alone; a program has code on both sides. */
function fileOf(bytes: string): Buffer {
  const content = Buffer.from(bytes, 'latin1');
  if (/^[#{]/.test(bytes)) return content;
  const code = Buffer.alloc(3000, Buffer.from('\x7fELF\x02\x01\x01\x00\x90\x48\x8b\x00', 'latin1'));
  return Buffer.concat([code, content, code]);
}

describe('signatures', () => {
  it.each(programs)('%s with %j is %s', (path, bytes, purl) => {
    for (const chunkBytes of [7, 1000, 100_000]) {
      const { packages } = catalogued(binary, { [path]: fileOf(bytes) }, { chunkBytes });
      expect(packages.map((found) => [found.type, purlOf(found)])).toEqual([['binary', purl]]);
    }
  });

  it.each([
    ['usr/bin/jq', '\x001.85.99.1\0'],
    ['usr/bin/gzip', 'BusyBox\x001.14\0'],
    ['usr/bin/python3.12', '\x003.11.4\0\x003.12\0'],
    ['usr/bin/python3x12', '\x003.12.4\0'],
    ['usr/bin/[', '\x009.7\0coreutils'],
    ['redis-server', '\x005.3.0\0jemalloc'],
    ['bin/postgres', 'before upgrading to PostgreSQL 9.1.'],
    ['usr/bin/node-gyp', 'node.js/v22.11.0'],
    ['usr/bin/go', 'go1.25 is the version'],
  ])('%s with %j is nothing that is known', (path, bytes) => {
    expect(catalogued(binary, { [path]: fileOf(bytes) }).packages).toEqual([]);
  });
});
