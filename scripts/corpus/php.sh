# Applications that Debian has packaged together with what Composer installed for them, its own record included.
sample_php() {
  debian_tree trixie "$1" icinga-php-library icinga-php-thirdparty dokuwiki
  # The programs that it needs are as large as everything else, and are not what this is about.
  rm -rf "$1/usr/lib" "$1/usr/bin"
  os_release "$1" debian 13 'Debian GNU/Linux'
  layer php "$1"
}
