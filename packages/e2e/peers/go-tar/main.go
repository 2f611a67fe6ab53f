// go-tar shows how Go's archive/tar reads archives. On its standard input each archive follows its length, 4 bytes big-endian;
// for each it prints one line of JSON: the entries, and what kind of error ended them, if one did.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
)

// Holes of sparse files may be larger than anything: after an entry with more content than this the archive is left alone.
const maxContent = 1 << 20

type entry struct {
	Type string `json:"type"`
	// Names are bytes, in hexadecimal.
	Name string `json:"name"`
	Link string `json:"link"`
	Size int64  `json:"size"`
	// Of the content; empty when it could not be read to its end.
	Sha256 string `json:"sha256"`
}

type view struct {
	Entries []entry `json:"entries"`
	Error   string  `json:"error"`
}

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), json.NewEncoder(os.Stdout)
	for {
		var length uint32
		if err := binary.Read(in, binary.BigEndian, &length); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		archive := make([]byte, length)
		if _, err := io.ReadFull(in, archive); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(look(archive)); err != nil {
			log.Fatal(err)
		}
	}
}

func look(archive []byte) view {
	seen := view{Entries: []entry{}}
	// Without the ability to seek: layers are streams.
	reader := tar.NewReader(struct{ io.Reader }{bytes.NewReader(archive)})
	for {
		header, err := reader.Next()
		if err != nil {
			seen.Error = kindOf(err)
			return seen
		}
		found := entry{
			Type: string(rune(header.Typeflag)),
			Name: hex.EncodeToString([]byte(header.Name)),
			Link: hex.EncodeToString([]byte(header.Linkname)),
			Size: header.Size,
		}
		hash := sha256.New()
		read, err := io.Copy(hash, io.LimitReader(reader, maxContent))
		if err == nil && read < maxContent {
			found.Sha256 = hex.EncodeToString(hash.Sum(nil))
		}
		seen.Entries = append(seen.Entries, found)
		if err != nil || read == maxContent {
			seen.Error = kindOf(err)
			return seen
		}
	}
}

func kindOf(err error) string {
	switch {
	case err == io.EOF:
		return ""
	case err == nil:
		return "too much"
	case errors.Is(err, tar.ErrHeader):
		return "header"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	default:
		return err.Error()
	}
}
