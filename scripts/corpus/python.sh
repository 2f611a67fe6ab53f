# Python with libraries that Debian has packaged, and beside them a virtual environment that pip has filled: with pip itself, a package and one that is only linked.
sample_python() {
  local root=$1
  need_root
  debian_tree trixie "$root" bash ca-certificates coreutils python3 python3-venv python3-setuptools python3-wheel python3-flask python3-yaml python3-cryptography
  mkdir -p "$root/usr/src/acme-tools" "$root/usr/src/acme-live"
  project() { # NAME VERSION LINES...
    printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "%s"\nversion = "%s"\n%s\n[tool.setuptools]\npy-modules = []\n' "$1" "$2" "$3"
  }
  project Acme.Tools 1.4.0 'license = { text = "MIT" }' >"$root/usr/src/acme-tools/pyproject.toml"
  project acme_live 0.2.dev1 'dependencies = ["acme-tools>=1"]' >"$root/usr/src/acme-live/pyproject.toml"
  # Debian's pip will not start without certificates, though it asks nobody here.
  mkdir -p "$root/etc/ssl/certs"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/bin HOME=/tmp LC_ALL=C.UTF-8 "$@" >&2; }
  in_root python3 -m venv --system-site-packages /opt/venv
  in_root /opt/venv/bin/pip install --quiet --no-index --no-build-isolation --no-deps /usr/src/acme-tools
  in_root /opt/venv/bin/pip install --quiet --no-index --no-build-isolation --no-deps --editable /usr/src/acme-live
  find "$root/usr/src" -name build -prune -exec rm -rf {} +
  find "$root" -name __pycache__ -prune -exec rm -rf {} +
  layer python "$root"
}
