#!/usr/bin/env bash
# peers.sh [NAME...]: the real programs that interop tests and benchmarks run beside lading. Those written in Go are built from
# their modules at a pinned version (cosign takes minutes), or from a folder here; skopeo, hyperfine and jq come from the system's packages.
#
# Prints the folder they are in as its last line:  PATH="$(scripts/peers.sh crane oras):$PATH"
# peers.sh --source NAME: the folder that the module of a peer is in, with what it carries for its own tests.
# Without a name: all of them. What is there in the pinned version is kept. Exit 1 when one could not be had; the others are there.
#
#   LADING_PEERS  where they go (default: ${XDG_CACHE_HOME:-~/.cache}/lading/peers)
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${LADING_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/lading/peers}/bin

# name -> module@version:package. To add a peer, add a line.
declare -A GO_PEERS=(
  [crane]=github.com/google/go-containerregistry@v0.22.1:./cmd/crane
  [regctl]=github.com/regclient/regclient@v0.11.7:./cmd/regctl
  [regsync]=github.com/regclient/regclient@v0.11.7:./cmd/regsync
  [oras]=oras.land/oras@v1.3.6:./cmd/oras
  [registry]=github.com/distribution/distribution/v3@v3.1.2:./cmd/registry
  [conformance]=github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111:.
  [cosign]=github.com/sigstore/cosign/v3@v3.1.3:./cmd/cosign
  [cosign2]=github.com/sigstore/cosign/v2@v2.6.1:./cmd/cosign
  [rekor-server]=github.com/sigstore/rekor-tiles/v2@v2.3.0:./cmd/rekor-server/posix
  [timestamp-server]=github.com/sigstore/timestamp-authority/v2@v2.1.2:./cmd/timestamp-server
  [kyverno]=github.com/kyverno/kyverno@v1.19.1:./cmd/cli/kubectl-kyverno
  [policy-tester]=github.com/sigstore/policy-controller@v0.13.1:./cmd/tester
  [syft]=github.com/anchore/syft@v1.57.0:./cmd/syft
  [trivy]=github.com/aquasecurity/trivy@v0.65.0:./cmd/trivy
  [apko]=chainguard.dev/apko@v0.30.22:.
)
# name -> folder in this repository, with a go.mod of its own.
declare -A OWN_PEERS=(
  [go-registry]=packages/e2e/peers/go-registry
  [go-tar]=packages/e2e/peers/go-tar
  [policy-pull]=packages/e2e/peers/policy-pull
)
SYSTEM_PEERS=(skopeo hyperfine jq)

say() { echo "peers: $*" >&2; }

is_there() { # NAME VERSION
  [ -x "$BIN/$1" ] && [ "$(cat "$BIN/.versions/$1" 2>/dev/null)" = "$2" ]
}

compile() { # NAME VERSION FOLDER PACKAGE
  local name=$1 version=$2 flags='-s -w'
  # What tells clients, registries or readers of its files its version calls itself "devel" or the like without one.
  case $name in
    cosign | cosign2 | apko) flags+=" -X sigs.k8s.io/release-utils/version.gitVersion=$version" ;;
    syft) flags+=" -X main.version=${version#v}" ;;
    trivy) flags+=" -X github.com/aquasecurity/trivy/pkg/version/app.ver=${version#v}" ;;
  esac
  say "building $name $version"
  # The tag: containers/image without a C library for OpenPGP. It means nothing to the others.
  # Moved into place when whole: another run may be using or building the same program.
  (cd "$3" && CGO_ENABLED=0 go build -tags containers_image_openpgp -mod=readonly -buildvcs=false -ldflags "$flags" -o "$BIN/.$name.$$" "$4") >&2 &&
    mv "$BIN/.$name.$$" "$BIN/$name" && echo "$version" >"$BIN/.versions/$name"
}

has_go() { # NAME
  command -v go >/dev/null || { say "$1 needs a Go toolchain (https://go.dev/dl)"; return 1; }
}

source_of() { # NAME
  has_go "$1" && (cd / && go mod download -json "${GO_PEERS[$1]%:*}" | sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p' | grep .)
}

build() { # NAME
  local name=$1 spec=${GO_PEERS[$1]} module version folder
  module=${spec%:*} version=${module##*@}
  is_there "$name" "$version" && return 0
  # Built inside the downloaded module, so that the module's own go.sum and replace lines hold.
  folder=$(source_of "$name") && compile "$name" "$version" "$folder" "${spec##*:}"
}

build_own() { # NAME
  local name=$1 folder=$ROOT/${OWN_PEERS[$1]} version
  version=$(cat "$folder"/{main.go,go.mod,go.sum} | sha256sum | cut -c 1-12)
  is_there "$name" "$version" && return 0
  has_go "$name" && compile "$name" "$version" "$folder" .
}

from_system() { # NAME
  local found
  if ! command -v "$1" >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      say "$1 is not installed: install the package $1 with your system's package manager"
      return 1
    fi
    say "installing $1"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1"; } >&2 || return 1
  fi
  found=$(command -v "$1")
  [ "$found" = "$BIN/$1" ] || ln -sf "$found" "$BIN/$1"
}

[ "${1:-}" = --source ] && { source_of "$2"; exit; }
[ $# -gt 0 ] || set -- "${!GO_PEERS[@]}" "${!OWN_PEERS[@]}" "${SYSTEM_PEERS[@]}"
mkdir -p "$BIN/.versions"
missing=0
for name in "$@"; do
  if [ -n "${GO_PEERS[$name]:-}" ]; then
    build "$name" || { say "no $name"; missing=1; }
  elif [ -n "${OWN_PEERS[$name]:-}" ]; then
    build_own "$name" || { say "no $name"; missing=1; }
  elif [[ " ${SYSTEM_PEERS[*]} " == *" $name "* ]]; then
    from_system "$name" || { say "no $name"; missing=1; }
  else
    say "unknown peer $name; known: ${!GO_PEERS[*]} ${!OWN_PEERS[*]} ${SYSTEM_PEERS[*]}"
    exit 2
  fi
done
echo "$BIN"
exit $missing
