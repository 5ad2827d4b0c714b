package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// module is what the first line of our go.mod says.
const module = "module github.com/scaleproof/scaleproof\n"

// sourceTree returns the folder of our go.mod, in which dir lies: components
// and specs are built from it.
func sourceTree(dir string) (string, error) {
	for at := dir; ; {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && bytes.HasPrefix(data, []byte(module)) {
			return at, nil
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", fmt.Errorf("%s is not inside scaleproof's source tree, from which it builds what it runs: go there and try again", dir)
		}
		at = parent
	}
}
