import { mark, type Signature, threeNumbers } from '../signature.ts';

const raw = String.raw;
const haproxy = raw`\d+\.\d+(?:\.|-dev|-rc)\d+`;
const postgresql = raw`\d+(?:\.\d+){0,2}(?:(?:alpha|beta|rc)\d+)?`;
const mysql = raw`\d+\.\d+\.\d+(?:(?:alpha|beta|rc)\d+)?`;
const mysqlCluster = mark('/mysql-cluster-gpl-', '/mysql-cluster-gpl-<V>/', mysql);

/** The version, and behind it what machine it was built on and when: Redis makes its build id of them. */
const redis = [
  mark('buildkitsandbox-', raw`(?<!\d)<V>buildkitsandbox-\d`),
  // The name that Docker gives a container may begin with digits.
  mark('000000000\0', raw`(?<!\d)<V>[0-9a-f]{12}-\d{10}0{9}\x00`),
  mark('000000000\0', raw`(?<!\d)<V>(?![\d.])[\w.-]*-\d{10}0{9}\x00`),
  mark('000000000\0', raw`(?<!\d)<V>1\d{9}0{9}\x00`, raw`\d+\.\d+\.\d+?`),
];

/** Servers of the web, databases and caches. */
export const servers: readonly Signature[] = [
  {
    file: /^nginx$/,
    name: 'nginx',
    // OpenResty is nginx with a fourth number behind.
    marks: [
      mark(
        'nginx version: ',
        raw`nginx version: [^/\x00]{1,40}/<V>`,
        raw`${threeNumbers}(?:\+\d+)?(?:-\d+)?`,
      ),
    ],
  },
  { file: /^(?:httpd|apache2)$/, name: 'httpd', marks: [mark('Apache/', 'Apache/<V>')] },
  { file: /^lighttpd$/, name: 'lighttpd', marks: [mark('\0lighttpd/', raw`\x00lighttpd/<V>\x00`)] },
  {
    file: /^haproxy$/,
    name: 'haproxy',
    marks: [
      mark(', released 20', raw`version <V>(?:[-+][\w.+~-]+)?, released 20`, haproxy),
      mark('HA-Proxy version ', 'HA-Proxy version <V>', haproxy),
      mark('HAProxy version', raw`(?<![\d.])<V>-[0-9a-zA-Z]{6,40}\x00+HAProxy version`, haproxy),
    ],
  },
  {
    file: /^proftpd$/,
    name: 'proftpd',
    marks: [mark('ProFTPD Version ', raw`\x00ProFTPD Version <V>\x00`, raw`${threeNumbers}[a-z]?`)],
  },
  { file: /^memcached$/, name: 'memcached', marks: [mark('memcached ', 'memcached <V>')] },
  {
    file: /^redis-server$/,
    name: 'redis',
    marks: [...redis, mark('Redis version ', 'Redis version <V>')],
  },
  { file: /^valkey-server$/, name: 'valkey', marks: redis },
  {
    file: /^postgres$/,
    name: 'postgresql',
    marks: [
      mark('PostgreSQL ', raw`PostgreSQL <V> (?:on |\()`, postgresql),
      mark('\0PostgreSQL ', raw`\x00PostgreSQL <V>`, postgresql),
    ],
  },
  {
    file: /^(?:mysql|mariadb)$/,
    name: 'mysql',
    marks: [
      {
        ...mark('/Percona-XtraDB-Cluster-', '/Percona-XtraDB-Cluster-<V>', mysql),
        name: 'percona-xtradb-cluster',
      },
      { ...mark('/percona-server-', '/percona-server-<V>', mysql), name: 'percona-server' },
      { ...mark('-MariaDB', raw`(?<![\d.])<V>-MariaDB`, mysql), name: 'mariadb' },
      { ...mark('/mariadb-', '/mariadb-<V>-', mysql), name: 'mariadb' },
      mark('\0mysql', raw`\x00<V>\x00+mysql`, mysql),
      mark('/mysql-', '/mysql-<V>', mysql),
    ],
  },
  {
    file: /^mysqld$/,
    name: 'mysql-server',
    marks: [
      { ...mark('-cluster-gpl\0', raw`-cluster-gpl\x00[\d.]+-ndb-<V>`, mysql), name: 'mysql-cluster' },
      { ...mysqlCluster, name: 'mysql-cluster' },
      mark('/mysql-', '/mysql-<V>/', mysql),
    ],
  },
  { file: /^(?:ndbd|ndbmtd|ndb_mgmd)$/, name: 'mysql-cluster', marks: [mysqlCluster] },
  {
    file: /^(?:mariadbd|mariadb-server)$/,
    name: 'mariadb',
    marks: [mark('-MariaDB', raw`(?<![\d.])<V>-MariaDB`, mysql)],
  },
  {
    file: /^xtrabackup$/,
    name: 'percona-xtrabackup',
    marks: [mark('/percona-xtrabackup-', '/percona-xtrabackup-<V>', mysql)],
  },
  {
    file: /^mongod$/,
    name: 'mongodb',
    marks: ['tcmalloc', 'heap_size', 'cppdefines'].map((next) =>
      mark(`\0${next}`, raw`(?<![\d.])<V>\x00+${next}`),
    ),
  },
  {
    file: /^arangosh$/,
    name: 'arangodb',
    marks: [mark('[linux]', raw`(?<![\d.])<V> (?:enterprise )?\[linux\]`, raw`${threeNumbers}(?:-\d+)?`)],
  },
];
