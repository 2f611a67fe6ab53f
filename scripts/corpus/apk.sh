# Images that apko assembles from packages of Alpine's format: those that apko's own module carries for its tests (real ones of Alpine and Wolfi), and ones made here.
apko_build() { # NAME ARCH REPOSITORY PACKAGE...
  local name=$1 arch=$2 repository=$3 peers
  shift 3
  peers=$("$HERE/peers.sh" apko)
  {
    printf 'contents:\n  keyring: [%s/lading.rsa.pub]\n  repositories: [%s]\n  packages:\n' "$repository" "$repository"
    printf '    - %s\n' "$@"
    printf 'cmd: /bin/sh\n'
  } >"$WORK/$name.yaml"
  rm -rf "$WORK/$name-image"
  mkdir -p "$WORK/$name-image"
  SOURCE_DATE_EPOCH=1767225600 "$peers/apko" build --vcs=false --sbom=false --arch "$arch" --cache-dir "$WORK/apko" "$WORK/$name.yaml" "$name:latest" "$WORK/$name-image" >&2
}

# apko writes an index of one image, without the name that the other samples go by.
apko_sample() { # NAME
  node "$HERE/corpus/name-layout.mjs" "$WORK/$1-image" "$OUT/$1" >&2
  rm -rf "$WORK/$1-image" "$WORK/$1.yaml"
}

# Alpine: arm64, as the packages are that apko's tests have.
make_alpine() {
  local packages=$WORK/alpine module
  module=$("$HERE/peers.sh" --source apko)
  rm -rf "$packages"
  debian_packages trixie arm64 "$packages/debs" busybox-static
  dpkg-deb -x "$packages"/debs/busybox-static_*.deb "$packages/busybox"
  node "$HERE/corpus/alpine.mjs" aarch64 "$packages/busybox/usr/bin/busybox" |
    node "$HERE/corpus/apk.mjs" "$packages/repository" "$module/pkg/apk/apk/testdata/alpine-317/alpine-baselayout-3.2.0-r23.apk" >&2
  apko_build alpine arm64 "$packages/repository" alpine-baselayout alpine-release busybox-binsh libstdc++
  rm -rf "$packages"
  apko_sample alpine
}

# Wolfi: packages with the SBOMs that melange wrote into them.
make_wolfi() {
  local packages=$WORK/wolfi module
  module=$("$HERE/peers.sh" --source apko)
  rm -rf "$packages"
  node "$HERE/corpus/wolfi.mjs" | node "$HERE/corpus/apk.mjs" "$packages/repository" "$module/pkg/apk/apk/testdata/hello-wolfi-2.12.1-r0.apk" \
    "$module"/internal/cli/testdata/{packages,private_packages/packages}/x86_64/*.apk >&2
  apko_build wolfi amd64 "$packages/repository" wolfi-baselayout hello-wolfi package-y
  rm -rf "$packages"
  apko_sample wolfi
}
