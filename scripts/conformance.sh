#!/usr/bin/env bash
# conformance.sh [stable|dev...] -- runs the OCI conformance suite (distribution-spec) against the embedded registry, with all optional parts
# switched on, and prints a line of counts for each version. Exit 1 when a test failed. No version: both.
#   LADING_RESULTS  where reports go (default: a new folder in $TMPDIR); report.html of each version is worth a look when something failed.
# The suite is taken from PATH, else from scripts/peers.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v conformance >/dev/null || PATH="$(scripts/peers.sh conformance | tail -n 1):$PATH"
PATH="$PWD/node_modules/.bin:$PATH"
work=$(mktemp -d)
results=${LADING_RESULTS:-$(mktemp -d -t lading-conformance.XXXXXX)}
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

serve() { # options as JSON
  mkfifo "$work/host.$1"
  node --conditions=@lading/source --no-warnings packages/server/test/serve.ts "$work/registry.$1" "$2" >"$work/host.$1" &
  pid=$!
  read -r host <"$work/host.$1"
}

failed=0
[ $# -gt 0 ] || set -- stable dev
for version in "$@"; do
  serve "$version" '{"sparse":true}'
  mkdir -p "$results/$version"
  # Switched on: what the suite leaves out by default, as registries need not have it.
  env OCI_REGISTRY="$host" OCI_TLS=disabled OCI_VERSION="$version" OCI_RESULTS_DIR="$results/$version" \
    OCI_DATA_SPARSE=true OCI_DATA_SHA512=true OCI_API_MANIFESTS_TAG_PARAM=true OCI_API_MANIFESTS_DIGEST_HEADER=true \
    OCI_API_BLOBS_UPLOAD_CANCEL=true OCI_API_BLOBS_DIGEST_HEADER=true OCI_API_BLOBS_MOUNT_ANONYMOUS=true \
    conformance >"$results/$version/output.txt" 2>&1 || true
  kill "$pid" && wait "$pid" || true
  pid=
  # "  Pass....:  1032" in the block after the result; no such block means that the suite itself broke.
  count() { awk -v name="$1" '/^OCI Conformance Result/ {on = 1} /^API conformance/ {on = 0} on && $0 ~ "^  " name "\\." {print $NF}' "$results/$version/output.txt"; }
  passed=$(count Pass) broken=$(($(count FAIL) + $(count Error))) skipped=$(($(count Skip) + $(count Disabled)))
  echo "conformance $version: ${passed:-0} passed, $broken failed, $skipped skipped"
  [ "${passed:-0}" -gt 0 ] && [ "$broken" -eq 0 ] || failed=1
done
echo "reports: $results"
exit "$failed"
