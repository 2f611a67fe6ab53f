#!/bin/sh
# Makes rpmdb.sqlite.gz with rpm's own tools (Debian: apt-get install rpm gpg sqlite3): the database of a system with a few packages.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

spec() { # name version release extra-lines
  cat >"$1-$2.spec" <<END
Name: $1
Version: $2
Release: $3
Summary: The $1 package
License: GPLv2+ and ASL 2.0
Vendor: Acme Inc.
URL: https://example.com/
BuildArch: noarch
$4
%description
$1
END
}

spec acme 1.2 3 'Epoch: 0
Requires: acme-libs
Requires: /usr/share/acme/thing
Requires: kernel-core'
cat >>acme-1.2.spec <<'END'
%package libs
Summary: Libraries
%description libs
Libraries
%install
mkdir -p %{buildroot}/usr/share/acme
touch %{buildroot}/usr/share/acme/thing %{buildroot}/usr/share/acme/main
%files
/usr/share/acme/main
%ghost /var/log/acme.log
%files libs
%dir /usr/share/acme
/usr/share/acme/thing
END
spec kernel-core 6.1.0 1.el9 ''
spec kernel-core 6.2.0 1.el9 ''
spec module 2 1 'Epoch: 7
ModularityLabel: acme:2:20240101:abcdef'
# More than fits on one page of the database, and on two.
spec large 1 1 ''
cat >>large-1.spec <<'END'
%install
mkdir -p %{buildroot}/usr/share/large
for i in $(seq 100); do touch %{buildroot}/usr/share/large/file-with-a-long-name-$i; done
%files
/usr/share/large
END
for name in kernel-core-6.1.0 kernel-core-6.2.0 module-2; do echo '%files' >>$name.spec; done
for file in *.spec; do rpmbuild --quiet -bb --define "_topdir $work/build" "$file"; done

root="$work/root"
rpm -i --root "$root" --dbpath /var/lib/rpm --nodeps --ignoreos --justdb "$work"/build/RPMS/noarch/*.rpm
export GNUPGHOME="$work/gnupg"
mkdir -m 700 "$GNUPGHOME"
gpg --quiet --batch --passphrase '' --quick-generate-key 'Acme <acme@example.com>' rsa2048 sign never
gpg --quiet --armor --export >"$work/key.asc"
rpmkeys --root "$root" --dbpath /var/lib/rpm --import "$work/key.asc"

# The last pages that are not in use, and indexes, are not what is read: left out so that the file is small.
cp "$root/var/lib/rpm/rpmdb.sqlite" "$work/rpmdb.sqlite"
for table in $(sqlite3 "$work/rpmdb.sqlite" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('Packages', 'sqlite_sequence')"); do
  sqlite3 "$work/rpmdb.sqlite" "DROP TABLE \"$table\""
done
sqlite3 "$work/rpmdb.sqlite" 'VACUUM'
gzip -9n <"$work/rpmdb.sqlite" >"$out/rpmdb.sqlite.gz"

# The same with changes that are in the log only: copied while it is open.
python3 - "$work/rpmdb.sqlite" "$out" <<'END'
import gzip, sqlite3, sys

path, out = sys.argv[1:]
database = sqlite3.connect(path, isolation_level=None)
database.execute('PRAGMA wal_autocheckpoint = 0')
find = 'SELECT hnum, blob FROM Packages'
rows = database.execute(find).fetchall()
large = next(blob for _, blob in rows if b'\0large\0' in blob)
removed = next(hnum for hnum, blob in rows if b'\0thing\0' in blob)
database.execute('DELETE FROM Packages WHERE hnum = ?', (removed,))
database.execute('INSERT INTO Packages (hnum, blob) VALUES (99, ?)', (large.replace(b'large\0', b'newer\0'),))
for name, suffix in (('logged.sqlite', ''), ('logged.sqlite-wal', '-wal')):
    with open(path + suffix, 'rb') as file, open(f'{out}/{name}.gz', 'wb') as target:
        target.write(gzip.compress(file.read(), 9, mtime=0))
END
