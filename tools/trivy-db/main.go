// Writes a small vulnerability database or Java database for Trivy, with the modules that the real ones are written with.
// What stands in them is in data.go.
//
//	trivy-db vulnerability|java [flags] FOLDER
package main

import (
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	javadb "github.com/aquasecurity/trivy-java-db/pkg/db"
	javatypes "github.com/aquasecurity/trivy-java-db/pkg/types"
	bolt "go.etcd.io/bbolt"
	_ "modernc.org/sqlite"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: trivy-db vulnerability|java [flags] FOLDER")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	updated := flags.String("updated", time.Now().UTC().Format(time.RFC3339), "when it was made")
	next := flags.Duration("next", 24*time.Hour, "how long after that there is a newer one")
	schema := flags.Int("schema", 0, "its schema; 0 is the one that this Trivy reads")
	empty := flags.Bool("empty", false, "without any content")
	_ = flags.Parse(os.Args[2:])
	folder := flags.Arg(0)

	updatedAt, err := time.Parse(time.RFC3339, *updated)
	check(err)
	check(os.MkdirAll(folder, 0o755))
	meta := metadata.Metadata{Version: *schema, UpdatedAt: updatedAt, NextUpdate: updatedAt.Add(*next)}

	switch os.Args[1] {
	case "vulnerability":
		writeVulnerabilities(folder, *empty)
		meta.Version = or(*schema, db.SchemaVersion)
	case "java":
		writeJava(folder, *empty)
		meta.Version = or(*schema, javadb.SchemaVersion)
	default:
		log.Fatalf("no such database: %s", os.Args[1])
	}
	check(metadata.NewClient(folder).Update(meta))
}

func writeVulnerabilities(folder string, empty bool) {
	check(db.Init(folder))
	store := db.Config{}
	if !empty {
		check(store.BatchUpdate(func(tx *bolt.Tx) error {
			for _, source := range sources {
				check(store.PutDataSource(tx, source.bucket, source.origin))
			}
			for _, flaw := range flaws {
				check(store.PutAdvisory(tx, []string{flaw.source.bucket, flaw.name}, flaw.id, flaw.advisory()))
				check(store.PutVulnerability(tx, flaw.id, flaw.vulnerability()))
			}
			return nil
		}))
	}
	check(db.Close())
}

func writeJava(folder string, empty bool) {
	check(os.RemoveAll(filepath.Join(folder, "trivy-java.db")))
	store, err := javadb.New(folder)
	check(err)
	check(store.Init())
	if !empty {
		var indexes []javatypes.Index
		for _, jar := range jars {
			sha1, err := hex.DecodeString(jar.sha1)
			check(err)
			indexes = append(indexes, javatypes.Index{
				GroupID: jar.group, ArtifactID: jar.artifact, Version: jar.version, SHA1: sha1, ArchiveType: javatypes.JarType,
			})
		}
		check(store.InsertIndexes(indexes))
	}
	check(store.Close())
}

func (flaw flaw) advisory() *types.Advisory {
	if flaw.source.affected {
		return &types.Advisory{VulnerableVersions: []string{flaw.affected}, PatchedVersions: nonEmpty(flaw.fixed)}
	}
	return &types.Advisory{FixedVersion: flaw.fixed, Severity: flaw.severity}
}

func (flaw flaw) vulnerability() types.Vulnerability {
	return types.Vulnerability{
		Title:          flaw.title,
		Description:    fmt.Sprintf("%s: %s.", flaw.name, flaw.title),
		Severity:       flaw.severity.String(),
		VendorSeverity: types.VendorSeverity{flaw.source.origin.ID: flaw.severity},
		References:     []string{"https://nvd.nist.gov/vuln/detail/" + flaw.id},
	}
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func or(value, fallback int) int {
	if value != 0 {
		return value
	}
	return fallback
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
