# Sourced by corpus.sh. Packages of a Debian release with all that they need, unpacked into a folder with no package manager run: as distroless images
# are made, with a file for each package in var/lib/dpkg/status.d. Works whatever release the machine itself runs, and without root.

# An apt that knows of nothing installed here. Prints the file that APT_CONFIG has to name.
apt_of() { # RELEASE ARCHITECTURE
  local home=$WORK/apt/$1-$2 source
  # Lists of yesterday name packages that are gone.
  [ -n "$(find "$home/lists/.fresh" -mtime -1 2>/dev/null)" ] && { echo "$home/apt.conf"; return; }
  mkdir -p "$home/lists/partial" "$home/preferences.d"
  : >"$home/status"
  source=$(mirror) || { say 'set LADING_DEBIAN_MIRROR: this system has no list of Debian packages'; return 1; }
  if ! [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    say "Debian's keys are missing: install the package debian-archive-keyring with your system's package manager"
    return 1
  fi
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source $1 main" >"$home/sources.list"
  cat >"$home/apt.conf" <<END
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "$home";
Dir::State::status "$home/status";
Dir::State::lists "$home/lists";
Dir::Etc::sourcelist "$home/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "$home/preferences.d";
END
  APT_CONFIG=$home/apt.conf apt-get update -qq >&2 || return 1
  touch "$home/lists/.fresh"
  echo "$home/apt.conf"
}

debian_packages() { # RELEASE ARCHITECTURE FOLDER PACKAGE...: downloads them with all that they need
  local config folder=$3
  config=$(apt_of "$1" "$2") || return 1
  shift 3
  mkdir -p "$folder/partial"
  APT_CONFIG=$config apt-get install -qq -y --download-only --no-install-recommends -o "Dir::Cache::archives=$folder" "$@" >&2
}

debian_tree() { # RELEASE ROOT PACKAGE...
  local release=$1 root=$2 packages deb name status
  shift 2
  packages=$(mktemp -d "$WORK/debs.XXXXXX")
  debian_packages "$release" "$(dpkg --print-architecture)" "$packages" base-files "$@" || return 1
  status=$root/var/lib/dpkg/status.d
  mkdir -p "$root"
  # What has the links of a merged /usr comes first: others put files behind them.
  for deb in "$packages"/base-files_*.deb "$packages"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" --keep-directory-symlink -xf -; done
  mkdir -p "$status"
  for deb in "$packages"/*.deb; do
    name=$(dpkg-deb -f "$deb" Package)
    dpkg-deb -f "$deb" >"$status/$name"
    dpkg-deb --ctrl-tarfile "$deb" | tar -xOf - ./md5sums >"$status/$name.md5sums" 2>/dev/null || rm -f "$status/$name.md5sums"
  done
  rm -rf "$packages"
}

layer() { # NAME ROOT [FOLDER...]: a tree, or some folders of it, as $WORK/NAME.tar
  local name=$1 root=$2
  shift 2
  [ $# -gt 0 ] || set -- .
  tar --sort=name --owner=0 --group=0 --numeric-owner -C "$root" -cf "$WORK/$name.tar.part" "$@"
  mv "$WORK/$name.tar.part" "$WORK/$name.tar"
}

os_release() { # ROOT ID VERSION NAME
  mkdir -p "$1/etc" "$1/usr/lib"
  printf 'NAME="%s"\nID=%s\nVERSION_ID="%s"\nPRETTY_NAME="%s %s"\n' "$4" "$2" "$3" "$4" "$3" >"$1/usr/lib/os-release"
  ln -sf ../usr/lib/os-release "$1/etc/os-release"
}
