# Jars as Debian installs them (links of links), and archives that hold archives: a war, an ear around it, and a program as Spring Boot packs it.
sample_java() {
  local root=$1 build=$WORK/java-build lib
  need zip
  debian_tree trixie "$root" libspring-web-java libcommons-lang3-java libcommons-io-java libguava-java libjackson2-databind-java liblog4j2-java libnetty-java
  lib() { # FOLDER NAME...: the jars that the names of usr/share/java stand for
    local folder=$1 name file
    shift
    mkdir -p "$folder"
    for name in "$@"; do
      file=$(realpath "$root/usr/share/java/$name.jar")
      cp "$file" "$folder/$(basename "$file")"
    done
  }
  rm -rf "$build"
  lib "$build/war/WEB-INF/lib" spring3-web spring3-core commons-io 2>/dev/null || lib "$build/war/WEB-INF/lib" spring-web spring-core commons-io
  mkdir -p "$build/war/META-INF" "$build/war/WEB-INF/classes"
  printf 'Manifest-Version: 1.0\r\nImplementation-Title: shop\r\nImplementation-Version: 2.1.0\r\n' >"$build/war/META-INF/MANIFEST.MF"
  (cd "$build/war" && zip -qrX ../shop.war META-INF WEB-INF)

  mkdir -p "$build/ear/META-INF" "$build/ear/lib"
  lib "$build/ear/lib" guava
  cp "$build/shop.war" "$build/ear/"
  printf 'Manifest-Version: 1.0\r\nImplementation-Title: mall\r\nImplementation-Version: 3.0\r\n' >"$build/ear/META-INF/MANIFEST.MF"
  (cd "$build/ear" && zip -qrX ../mall.ear META-INF lib shop.war)

  local maven=$build/boot/META-INF/maven/com.example/orders
  mkdir -p "$maven" "$build/boot/BOOT-INF/classes"
  lib "$build/boot/BOOT-INF/lib" jackson-databind jackson-core jackson-annotations commons-lang3 log4j-core log4j-api
  printf 'Manifest-Version: 1.0\r\nMain-Class: org.springframework.boot.loader.JarLauncher\r\nStart-Class: com.example.Orders\r\nSpring-Boot-Version: 2.7.18\r\nSpring-Boot-Lib: BOOT-INF/lib/\r\nImplementation-Title: orders\r\nImplementation-Version: 0.9.1\r\n' \
    >"$build/boot/META-INF/MANIFEST.MF"
  printf 'groupId=com.example\nartifactId=orders\nversion=0.9.1\n' >"$maven/pom.properties"
  # The launcher reads the jars inside where they lie, so they are stored.
  (cd "$build/boot" && zip -qrX ../orders.jar META-INF BOOT-INF/classes && zip -qrX0 ../orders.jar BOOT-INF/lib)

  mkdir -p "$root/opt/app"
  cp "$build/mall.ear" "$build/shop.war" "$build/orders.jar" "$root/opt/app/"
  rm -rf "$build"
  layer java "$root"
}

# Java programs as they are given to people: jars of Maven Central side by side, and all of them in one.
sample_java-apps() {
  local root=$1 npm=$WORK/java-apps-npm
  rm -rf "$npm"
  npm_packages "$npm" allure-commandline@2 google-closure-compiler-java@20261015 wiremock@3
  mkdir -p "$root/opt"
  cp -r "$npm/node_modules/allure-commandline/dist" "$root/opt/allure"
  (cd "$npm/node_modules" && find google-closure-compiler-java wiremock -name '*.jar') |
    while read -r jar; do cp "$npm/node_modules/$jar" "$root/opt/"; done
  rm -rf "$npm"
  os_release "$root" debian 13 'Debian GNU/Linux'
  layer java-apps "$root"
}
