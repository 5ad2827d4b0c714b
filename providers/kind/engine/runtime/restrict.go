package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine/capability"
)

// document is a JSON object of which only some members are understood; the
// others are kept as they are.
type document map[string]json.RawMessage

// target is the file that a runc command applies.
type target struct {
	path string
	// bundle tells a config.json, whose process is a member, from a --process
	// file, which is the process.
	bundle bool
}

// fileOf finds the file that the command applies; an empty path if none.
func fileOf(args []string) target {
	command := slices.IndexFunc(args, func(arg string) bool {
		return arg == "create" || arg == "run" || arg == "exec"
	})
	switch {
	case command < 0:
		return target{}
	case args[command] == "exec":
		return target{path: flag(args[command+1:], "process", "p")}
	}
	bundle := flag(args[command+1:], "bundle", "b")
	return target{path: filepath.Join(bundle, "config.json"), bundle: true}
}

// flag returns the value of a flag in any of the spellings runc accepts.
func flag(args []string, long, short string) string {
	for i, arg := range args {
		for _, name := range []string{"--" + long, "-" + long, "--" + short, "-" + short} {
			if arg == name && i+1 < len(args) {
				return args[i+1]
			}
			if value, found := strings.CutPrefix(arg, name+"="); found {
				return value
			}
		}
	}
	return ""
}

// restrict rewrites the target's capabilities; it leaves the file alone when
// none has to go.
func restrict(file target, bounding capability.Set) error {
	if file.path == "" {
		return nil
	}
	info, err := os.Stat(file.path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file.path)
	if err != nil {
		return err
	}
	changed, err := rewrite(data, file.bundle, bounding)
	if err != nil {
		return fmt.Errorf("%s: %w", file.path, err)
	}
	if changed == nil {
		return nil
	}
	temporary := file.path + ".scaleproof"
	if err := os.WriteFile(temporary, changed, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temporary, file.path)
}

// rewrite returns the document without the capabilities that are not in the
// bounding set, or nil if it has none of those.
func rewrite(data []byte, bundle bool, bounding capability.Set) ([]byte, error) {
	var root document
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	process := root
	if bundle {
		process = nil
		if raw, found := root["process"]; found {
			if err := json.Unmarshal(raw, &process); err != nil {
				return nil, err
			}
		}
	}
	removed, err := strip(process, bounding)
	if err != nil || !removed {
		return nil, err
	}
	if bundle {
		raw, err := json.Marshal(process)
		if err != nil {
			return nil, err
		}
		root["process"] = raw
	}
	return json.Marshal(root)
}

// strip removes from every set of the process what the host lacks.
func strip(process document, bounding capability.Set) (bool, error) {
	raw, found := process["capabilities"]
	if !found {
		return false, nil
	}
	var sets map[string][]string
	if err := json.Unmarshal(raw, &sets); err != nil {
		return false, err
	}
	removed := false
	for set, names := range sets {
		kept := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return !bounding.Has(name)
		})
		removed = removed || len(kept) < len(names)
		sets[set] = kept
	}
	if !removed {
		return false, nil
	}
	changed, err := json.Marshal(sets)
	process["capabilities"] = changed
	return true, err
}
