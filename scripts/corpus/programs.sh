# Programs that no package manager knows of, as if somebody had copied them there: Debian's, without its databases.
sample_programs() {
  local root=$1
  debian_tree trixie "$root" apache2-bin bash busybox-static curl gzip haproxy jq ldap-utils lighttpd mariadb-client-core memcached nginx nodejs openssl perl-base \
    php-cli postgresql-17 python3 redis-server ruby util-linux valkey-server xz-utils zstd
  # What is left of Debian says nothing of packages.
  rm -rf "$root/var/lib/dpkg" "$root/usr/share" "$root"/usr/lib/{ruby,python3*,node_modules} "$root"/usr/lib/*/{perl*,ruby,lib{LLVM,icudata,z3}*}
  layer programs "$root"
}
