package rehearsal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// shapes are of what nobody may be told, whoever made it.
var shapes = map[string]*regexp.Regexp{
	"a token of EKS":              regexp.MustCompile(`k8s-aws-v1\.[A-Za-z0-9_=-]{16,}`),
	"a signature of AWS":          regexp.MustCompile(`(?i)X-Amz-Signature=[0-9a-f]{16,}`),
	"a private key":               regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]`),
	"a private key, in base 64":   regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,16}(?:UFJJVkFURSBLRV|QUklWQVRFIEtFW|BSSVZBVEUgS0V)`),
	"a token of a ServiceAccount": regexp.MustCompile(`eyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`),
}

// Search looks for what must not be told: the secrets, by what they are, also in
// the forms of a URL and of base 64, and what has the shape of a secret.
type Search struct{ words map[string][][]byte }

// NewSearch looks for the secrets, which are not empty.
func NewSearch(secrets map[string]string) *Search {
	words := map[string][][]byte{}
	for what, secret := range secrets {
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))}
		slices.Sort(forms)
		for _, form := range slices.Compact(forms) {
			words[what] = append(words[what], []byte(form))
		}
	}
	return &Search{words}
}

// In names what is told in a text, and in which lines, but does not repeat it.
func (s *Search) In(name string, text []byte) []string {
	var told []string
	tell := func(what string, at int) {
		told = append(told, fmt.Sprintf("%s:%d tells %s", name, 1+bytes.Count(text[:at], []byte("\n")), what))
	}
	for _, what := range slices.Sorted(maps.Keys(s.words)) {
		for _, word := range s.words[what] {
			if at := bytes.Index(text, word); at >= 0 {
				tell(what, at)
				break
			}
		}
	}
	for _, what := range slices.Sorted(maps.Keys(shapes)) {
		if at := shapes[what].FindIndex(text); at != nil {
			tell(what, at[0])
		}
	}
	return told
}

// Under searches the files below a folder, and their names, and counts them.
func (s *Search) Under(dir string) (told []string, files int, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		told = append(told, s.In(path, text)...)
		told = append(told, s.In("the name of "+path, []byte(path))...)
		return nil
	})
	return told, files, err
}

// followPause is how long a file may be there unseen.
const followPause = 50 * time.Millisecond

// Follow searches the files below folders, which need not be there yet, each
// time that they change, until the function that it returns is called. That
// tells what was told, and in how many files there was something.
func (s *Search) Follow(dirs ...string) func() (told []string, files int) {
	stop, ended := make(chan struct{}), make(chan struct{})
	seen, told := map[string][]byte{}, map[string]bool{}
	go func() {
		defer close(ended)
		ticker := time.NewTicker(followPause)
		defer ticker.Stop()
		for {
			for _, dir := range dirs {
				s.catchUp(dir, seen, told)
			}
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() ([]string, int) {
		close(stop)
		<-ended
		return slices.Sorted(maps.Keys(told)), len(seen)
	}
}

// catchUp searches what has changed. What goes while it looks, it has seen
// before, or was there for a moment only.
func (s *Search) catchUp(dir string, seen map[string][]byte, told map[string]bool) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // it is gone
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 || bytes.Equal(text, seen[path]) {
			return nil //nolint:nilerr // it is gone
		}
		seen[path] = text
		for _, what := range s.In(path, text) {
			told[what] = true
		}
		return nil
	})
}
