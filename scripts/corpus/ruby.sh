# Ruby with its bundled gems, and gems that Debian has packaged.
sample_ruby() {
  debian_tree trixie "$1" ruby bundler rake ruby-sinatra ruby-nokogiri ruby-activesupport
  layer ruby "$1"
}
