package engine

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// runtimeName is what the engine knows our runtime by.
const runtimeName = "scaleproof"

// sources of the runtime: they are built on the machine that needs it, wherever
// this package was compiled.
//
//go:embed capability/capability.go runtime/main.go runtime/restrict.go
var sources embed.FS

// sourceModule gives the embedded files the import paths they have here.
const (
	sourceModule = "module github.com/scaleproof/scaleproof\n\ngo 1.24\n"
	sourceFolder = "providers/kind/engine"
)

// runtimePath is where the runtime of these sources is kept: a file per
// content, never overwritten, since running containers go on using theirs.
func runtimePath(cache string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := sources.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(data), data)
		return err
	})
	return filepath.Join(cache, "engine", "runtime-"+hex.EncodeToString(sum.Sum(nil))[:12]), err
}

// ensureRuntime builds the runtime unless the file is there.
func ensureRuntime(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "runtime-") // which goes also after a kill
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, sourceFolder), sources); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(sourceModule), 0o644); err != nil {
		return err
	}
	built := fmt.Sprintf("%s.new-%d", path, os.Getpid()) // on the file system of path
	defer os.Remove(built)                               // does nothing once it is renamed
	cmd := command(ctx, syscall.SIGKILL, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", built, "./"+sourceFolder+"/runtime")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=mod", "GOOS=linux")
	if err := finish(ctx, cmd); err != nil {
		return fmt.Errorf("building the runtime that this host's missing capabilities call for: %w", err)
	}
	return os.Rename(built, path)
}

// pruneRuntimes removes what older sources were built to, beside the runtime that
// the engine was started with. One that is being built again goes on.
func pruneRuntimes(used string) error {
	all, err := filepath.Glob(filepath.Join(filepath.Dir(used), "runtime-*"))
	if err != nil {
		return err
	}
	for _, path := range all {
		if !strings.HasPrefix(path, used) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}
