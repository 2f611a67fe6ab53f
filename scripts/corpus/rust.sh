# A program made with cargo-auditable from crates that Debian has packaged, and the same without: that one tells nothing.
sample_rust() {
  local root=$1 build=$WORK/rust-build tools=$WORK/rust-tools debs=$WORK/rust-debs machine
  need cargo
  need patchelf
  need cc gcc
  rm -rf "$build" "$tools" "$debs"
  # The crates of an older release build with compilers old and new.
  debian_packages bookworm "$(dpkg --print-architecture)" "$debs" librust-clap-dev librust-serde-json-dev librust-flate2+miniz-oxide-dev librust-regex+default-dev
  for deb in "$debs"/librust-*.deb; do dpkg-deb -x "$deb" "$build"; done
  debian_tree trixie "$tools" cargo-auditable
  machine=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
  # It comes with a newer C library than the machine may have.
  patchelf --set-interpreter "$(echo "$tools"/usr/lib/"$machine"/ld-linux-*)" --set-rpath "$tools/usr/lib/$machine" "$tools/usr/bin/cargo-auditable"
  mkdir -p "$build/app/src" "$build/app/.cargo" "$build/home"
  printf '[package]\nname = "acme-report"\nversion = "1.2.3"\nedition = "2021"\n[dependencies]\nclap = "4"\nserde_json = "1"\nflate2 = "1"\nregex = "1"\n' >"$build/app/Cargo.toml"
  cat >"$build/app/src/main.rs" <<'END'
fn main() {
    let matches = clap::Command::new("acme-report").arg(clap::Arg::new("pattern")).get_matches();
    let pattern = matches.get_one::<String>("pattern").map(String::as_str).unwrap_or(".");
    let regex = regex::Regex::new(pattern).expect("a pattern");
    println!("{} {:?}", serde_json::json!({ "matches": regex.is_match("x") }), flate2::Compression::best());
}
END
  printf '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "%s"\n' "$build/usr/share/cargo/registry" >"$build/app/.cargo/config.toml"
  mkdir -p "$root/usr/bin"
  # No home of cargo's own: it may hold other sources of crates. rustup needs to know where its tools are, which it takes from the real one.
  in_app() { (cd "$build/app" && RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup} CARGO_HOME=$build/home PATH="$tools/usr/bin:$PATH" "$@") >&2; }
  in_app cargo auditable build --quiet --release --offline
  cp "$build/app/target/release/acme-report" "$root/usr/bin/acme-report"
  in_app cargo build --quiet --release --offline
  cp "$build/app/target/release/acme-report" "$root/usr/bin/acme-report-plain"
  os_release "$root" debian 13 'Debian GNU/Linux'
  layer rust "$root"
  rm -rf "$build" "$tools" "$debs"
}
