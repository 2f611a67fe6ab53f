# Go programs by compilers old and new: with modules in Debian's way and in everybody else's, stripped and not.
sample_go() {
  local root=$1 peers npm=$WORK/go-npm old=$WORK/go-old
  peers=$("$HERE/peers.sh" registry oras) || return 1
  mkdir -p "$root/usr/bin"
  cp "$peers/registry" "$peers/oras" "$root/usr/bin/"
  rm -rf "$npm" "$old"
  npm_packages "$npm" @esbuild/linux-x64@0.25
  cp "$npm/node_modules/@esbuild/linux-x64/bin/esbuild" "$root/usr/bin/"
  # By Go 1.15, whose build information is a pair of pointers.
  debian_packages bullseye amd64 "$old/debs" age
  dpkg-deb -x "$old"/debs/age_*.deb "$old/tree"
  cp "$old/tree/usr/bin/age" "$root/usr/bin/"
  rm -rf "$npm" "$old"
  os_release "$root" debian 13 'Debian GNU/Linux'
  layer go "$root"
}
