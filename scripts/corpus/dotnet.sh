# .NET programs that npm packages bring along: their assemblies and the deps.json that the compiler wrote.
sample_dotnet() {
  local root=$1
  mkdir -p "$root/app"
  npm_packages "$root/app" @nx/dotnet@23.2.1 @autorest/csharp@3.0.0-beta.20251203.1
  # No node_modules left: this one is about .NET.
  mv "$root/app/node_modules/@nx/dotnet/dist/lib" "$root/app/analyzer"
  mv "$root/app/node_modules/@autorest/csharp" "$root/app/autorest"
  rm -rf "$root/app/node_modules" "$root/app"/package*.json "$root/app/autorest/package.json"
  os_release "$root" debian 13 'Debian GNU/Linux'
  layer dotnet "$root"
}
