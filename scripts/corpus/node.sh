# Applications with a few hundred packages: as npm lays them out, as pnpm does, and as pnpm does beside its store.
npm_packages() { # FOLDER PACKAGE...
  local folder=$1
  shift
  mkdir -p "$folder"
  [ -e "$folder/package.json" ] || echo '{ "name": "app", "version": "1.0.0", "private": true }' >"$folder/package.json"
  (cd "$folder" && npm install --loglevel error --no-audit --no-fund --ignore-scripts --no-update-notifier "$@") >&2
}

sample_node() {
  local root=$1
  os_release "$root" debian 13 'Debian GNU/Linux'
  npm_packages "$root/srv/shop" express@5 webpack@5 @babel/core@7 eslint@9
  npm_packages "$root/srv/blog"
  (cd "$root/srv/blog" && npx -y pnpm@10.33.0 add --silent --ignore-scripts --config.package-import-method=copy --config.store-dir="$WORK/pnpm-store" \
    fastify@5 @types/node@22 pino-pretty@13 rollup@4) >&2
  layer node "$root"
  rm -rf "$WORK/pnpm-store"
}

# What `pnpm install` leaves in an image: a store with all content under its hash, and packages of hard links to it. Archives have the store first.
sample_pnpm() {
  local root=$1
  os_release "$root" debian 13 'Debian GNU/Linux'
  npm_packages "$root/usr/src/app"
  (cd "$root/usr/src/app" && npx -y pnpm@10.33.0 add --silent --ignore-scripts --config.package-import-method=hardlink \
    --config.store-dir="$root/root/.local/share/pnpm/store" fastify@5 pino-pretty@13) >&2
  layer pnpm "$root"
}
