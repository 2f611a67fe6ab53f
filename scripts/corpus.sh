#!/usr/bin/env bash
# corpus.sh [NAME...]: real images to work on, as OCI layout folders, made from Debian packages; nothing is pulled from a registry.
# Prints the folder they are in as its last line. Once made they are kept. Without a name: debian. --names: prints what `sbom` stands for.
#
#   big            three incompressible layers of 120 MB
#   gobin          one real Go program (crane) and nothing else
#   busybox        Debian's static busybox, no package database
#   debian         a Debian 12 (minbase) root file system in one layer of about 100 MB, about 90 packages
#   debian-multi   an index: debian (linux/amd64) and a relabelled linux/arm64/v8 twin with a layer of its own
#   debian-python  debian with python3 and npm in two layers over it, and whiteouts
#
# For the SBOM package, one for each kind of package manager (scripts/corpus/NAME.sh says what is in them); `sbom` stands for all of them with those above
# but big:
#
#   alpine wolfi               what apko makes of .apk packages
#   rpm-sqlite rpm-ndb rpm-bdb what rpm installs, with each of its databases
#   java java-apps ruby php python rust go dotnet node pnpm programs
#
#   LADING_CORPUS  where they go (default: ${XDG_CACHE_HOME:-~/.cache}/lading/corpus)
#   LADING_DEBIAN_MIRROR  where the Debian packages come from (default: what the system's apt uses)
#
# Needs Debian or a system like it; the debian, rpm, php and python images need root (chroot).
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
OUT=${LADING_CORPUS:-${XDG_CACHE_HOME:-$HOME/.cache}/lading/corpus}
WORK=$OUT/.work

say() { echo "corpus: $*" >&2; }

need() { # PROGRAM [PACKAGE]
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "$1 is missing: install the package ${2:-$1} with your system's package manager"
    return 1
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${2:-$1}"; } >&2
}

need_root() {
  [ "$(id -u)" = 0 ] && return
  say "making a Debian root file system needs root"
  return 1
}

mirror() { # what apt uses, in either of its formats; debootstrap's own default when there is none
  [ -n "${LADING_DEBIAN_MIRROR:-}" ] && { echo "$LADING_DEBIAN_MIRROR"; return; }
  cat /etc/apt/sources.list.d/debian.sources 2>/dev/null | awk '/^URIs:/ { print $2; exit }' | grep . ||
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }' /etc/apt/sources.list 2>/dev/null
}

# shellcheck source=SCRIPTDIR/corpus/debian-tree.sh
. "$HERE/corpus/debian-tree.sh"
for piece in apk dotnet go java node php programs python rpm ruby rust; do
  # shellcheck source=/dev/null
  . "$HERE/corpus/$piece.sh"
done
SAMPLES='rpm-sqlite rpm-ndb rpm-bdb java java-apps ruby php python rust go dotnet node pnpm programs'
SBOM="debian debian-multi debian-python gobin busybox alpine wolfi $SAMPLES"

pack() { node "$HERE/corpus-layout.mjs" "$@" >&2; }

rootfs() { # the Debian tree and its layer, made once
  [ -s "$WORK/debian.tar" ] && return
  need_root
  need debootstrap
  rm -rf "$WORK/root"
  # shellcheck disable=SC2046 -- no mirror is no argument
  debootstrap --variant=minbase --include=ca-certificates bookworm "$WORK/root" $(mirror) >&2
  tar --sort=name --numeric-owner -C "$WORK/root" -cf "$WORK/debian.tar.part" .
  mv "$WORK/debian.tar.part" "$WORK/debian.tar"
}

upper() { # LAYER PACKAGE...: what installing packages adds to the tree, as a layer with a whiteout
  local layer=$1 top=$WORK/up
  shift
  [ -s "$WORK/$layer.tar" ] && return
  rootfs
  rm -rf "$top" "$WORK/lists"
  cp -a "$WORK/root" "$top"
  touch "$WORK/stamp"
  sleep 1 # files changed in the stamp's own second would be missed
  cp /etc/resolv.conf "$top/etc/resolv.conf" 2>/dev/null || true
  cp -n /etc/apt/apt.conf.d/*proxy* "$top/etc/apt/apt.conf.d/" 2>/dev/null || true
  local proxies
  mapfile -t proxies < <(env | grep -iE '^(https?|no)_proxy=' || true)
  chroot "$top" /usr/bin/env "${proxies[@]}" DEBIAN_FRONTEND=noninteractive \
    sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "$@" >&2
  rm -rf "$top"/var/lib/apt/lists/* "$top"/var/cache/apt/archives/*.deb "$top/etc/resolv.conf"
  (cd "$top" && find . -xdev ! -type d \( -newer "$WORK/stamp" -o -cnewer "$WORK/stamp" \) -printf '%P\n') |
    LC_ALL=C sort >"$WORK/changed"
  mkdir -p "$WORK/lists/var/lib/apt"
  : >"$WORK/lists/var/lib/apt/.wh.lists"
  tar --numeric-owner -C "$top" -cf "$WORK/$layer.tar.part" -T "$WORK/changed"
  tar -C "$WORK/lists" -rf "$WORK/$layer.tar.part" var/lib/apt/.wh.lists
  mv "$WORK/$layer.tar.part" "$WORK/$layer.tar"
  rm -rf "$top"
}

make_image() { # NAME
  local out=$OUT/$1
  case $1 in
    big)
      for i in 0 1 2; do
        mkdir -p "$WORK/big$i"
        head -c $((120 << 20)) /dev/urandom >"$WORK/big$i/data$i"
        tar -C "$WORK/big$i" -cf "$WORK/big$i.tar" .
        rm -rf "$WORK/big$i"
      done
      pack "$out" linux/amd64 "$WORK"/big?.tar
      rm -f "$WORK"/big?.tar
      ;;
    gobin)
      local peers
      peers=$("$HERE/peers.sh" crane)
      mkdir -p "$WORK/go/usr/bin"
      cp "$peers/crane" "$WORK/go/usr/bin/"
      tar -C "$WORK/go" -cf "$WORK/go.tar" usr
      pack "$out" linux/amd64 "$WORK/go.tar"
      ;;
    busybox)
      need busybox busybox-static
      mkdir -p "$WORK/bb/bin"
      cp "$(command -v busybox)" "$WORK/bb/bin/busybox"
      tar -C "$WORK/bb" -cf "$WORK/bb.tar" bin
      pack "$out" linux/amd64 "$WORK/bb.tar"
      ;;
    debian)
      rootfs
      pack "$out" linux/amd64 "$WORK/debian.tar"
      ;;
    debian-multi)
      rootfs
      mkdir -p "$WORK/top"
      echo arm64 >"$WORK/top/arch"
      tar -C "$WORK/top" -cf "$WORK/top.tar" arch
      pack "$out" linux/amd64 "$WORK/debian.tar" -- linux/arm64/v8 "$WORK/debian.tar" "$WORK/top.tar"
      ;;
    debian-python)
      upper python python3 python3-requests python3-yaml
      upper npm nodejs npm
      pack "$out" linux/amd64 "$WORK/debian.tar" "$WORK/python.tar" "$WORK/npm.tar"
      ;;
    alpine | wolfi) "make_$1" ;;
    *)
      if [[ " $SAMPLES " == *" $1 "* ]]; then
        rm -rf "$WORK/$1"
        "sample_$1" "$WORK/$1"
        pack "$out" linux/amd64 "$WORK/$1.tar"
        rm -rf "$WORK/$1" "$WORK/$1.tar"
        return
      fi
      say "unknown image $1; known: big sbom $SBOM"
      exit 2
      ;;
  esac
}

[ $# -gt 0 ] || set -- debian
[ "$*" = --names ] && { echo "$SBOM"; exit; }
# shellcheck disable=SC2086 # a list of names
[ "$*" = sbom ] && set -- $SBOM
mkdir -p "$WORK"
for name in "$@"; do
  [ -s "$OUT/$name/index.json" ] || make_image "$name"
done
echo "$OUT"
