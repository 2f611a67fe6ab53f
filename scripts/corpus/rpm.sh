# Root file systems made with rpm itself, one for each of its databases. Berkeley DB is written by the rpm of Debian 11; later ones only read it.
rpm_tools() { # RELEASE: rpm of a Debian release and the packages it has built, made once. Prints the folder.
  local tools=$WORK/rpm-tools-$1
  [ -e "$tools/.ready" ] && { echo "$tools"; return; }
  rm -rf "$tools"
  debian_tree "$1" "$tools" rpm bash coreutils diffutils file findutils grep gzip sed tar >&2 || return 1
  # What the packages' own scripts would do.
  ln -sf bash "$tools/bin/sh"
  mkdir -p "$tools/build/SPECS"
  mknod -m 666 "$tools/dev/null" c 1 3
  mknod -m 444 "$tools/dev/urandom" c 1 9
  cp "$HERE"/corpus/rpm/*.spec "$tools/build/SPECS/"
  in_tools "$tools" sh -c 'for spec in /build/SPECS/*.spec; do rpmbuild --quiet -bb --define "_topdir /build" "$spec" || exit 1; done' >&2 || return 1
  touch "$tools/.ready"
  echo "$tools"
}

in_tools() { # FOLDER COMMAND...
  local tools=$1
  shift
  chroot "$tools" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C SOURCE_DATE_EPOCH=1767225600 "$@"
}

rpm_root() { # ROOT RELEASE BACKEND DATABASE-FOLDER
  local root=$1 tools
  need_root
  tools=$(rpm_tools "$2") || return 1
  rm -rf "$tools/root-of-it"
  in_tools "$tools" sh -c 'rpm --define "_db_backend $1" --root /root-of-it --dbpath "$2" --initdb &&
    rpm --define "_db_backend $1" --root /root-of-it --dbpath "$2" --ignoreos --nosignature -i $(ls /build/RPMS/*/*.rpm)' sh "$3" "$4" >&2 || return 1
  mkdir -p "$root"
  cp -a "$tools/root-of-it/." "$root/"
  rm -rf "$tools/root-of-it"
}

sample_rpm-sqlite() {
  rpm_root "$1" trixie sqlite /var/lib/rpm
  os_release "$1" rocky 9.4 'Rocky Linux'
  # By this file trivy knows it.
  echo 'Rocky Linux release 9.4 (Blue Onyx)' >"$1/etc/rocky-release"
  layer rpm-sqlite "$1"
}

sample_rpm-ndb() {
  rpm_root "$1" trixie ndb /usr/lib/sysimage/rpm
  os_release "$1" opensuse-leap 15.6 'openSUSE Leap'
  layer rpm-ndb "$1"
}

sample_rpm-bdb() {
  rpm_root "$1" bullseye bdb /var/lib/rpm
  os_release "$1" centos 7 'CentOS Linux'
  echo 'CentOS Linux release 7.9.2009 (Core)' >"$1/etc/centos-release"
  layer rpm-bdb "$1"
}
