package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// hidden stands where a secret was.
const hidden = "[redacted]"

// secrets are the shapes of what must never reach a report. The first group of
// each is kept, and the second one where there is one. Hiding a word too many costs a little; a leaked key costs more.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?-----END [A-Z ]*PRIVATE KEY-----`),
	regexp.MustCompile(`(?i)\b((?:authorization["']?\s*[:=]\s*["']?)?(?:bearer|basic)\s+)[a-z0-9._~+/=-]{16,}`),
	regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:client-key-data|client[_-]secret|access[_-]?key|private[_-]?key|api[_-]?key|password|passwd|token)\\*["']?\s*[:=]\s*\\*["']?)[^\s"'\\,;&})\]]{6,}`),
	regexp.MustCompile(`(?i)(--(?:[a-z-]*token|[a-z-]*password)[ =])[^\s"'\\]+`),
	regexp.MustCompile(`()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`),
	regexp.MustCompile(`()\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|A(?:KIA|SIA)[A-Z0-9]{16})\b`),
	regexp.MustCompile(`(?i)(\bauthorization["']?\s*[:=]\s*["']?token\s+)[a-z0-9._~+/=-]{16,}`),
	regexp.MustCompile(`()\b(?:glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,})`),
	regexp.MustCompile(`(k8s-aws-v1\.)[A-Za-z0-9_=-]{16,}`),
	regexp.MustCompile(`(arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:)[0-9]{12}\b`),
	regexp.MustCompile(`()\b[0-9]{12}(\.dkr\.ecr\.)`),
	regexp.MustCompile(`(?i)(X-Amz-(?:Credential|Signature|Security-Token)=)[^&\s"']+`),
	regexp.MustCompile(`(://[^/\s:@"']*:)[^/\s@"']+@`),
	regexp.MustCompile(`(\\*"auth\\*"\s*:\s*\\*")[^"\\]+`),
}

// Redact returns the text without what looks like a secret: keys, bearer and
// other tokens, passwords, and credentials in URLs.
func Redact(text string) string { return string(redact([]byte(text))) }

func redact(text []byte) []byte {
	for _, secret := range secrets {
		text = secret.ReplaceAll(text, []byte("${1}"+hidden+"${2}"))
	}
	return text
}

// escapes are a terminal's control sequences, and controls what XML forbids.
var (
	escapes  = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)
	controls = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{fffe}\x{ffff}]`)
)

// plain returns the text without secrets, colours and control characters, so
// that it can stand in every report.
func plain(text string) string {
	text = strings.ToValidUTF8(escapes.ReplaceAllString(text, ""), "?")
	return Redact(controls.ReplaceAllString(text, ""))
}

// redactStrings makes plain every string that v leads to, so that a field added
// tomorrow is covered too. v must be settable: pass what a pointer points to.
func redactStrings(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(plain(v.String()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			redactStrings(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			redactStrings(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			redactStrings(v.Elem())
		}
	default: // numbers, and maps whose keys are verbs
	}
}

// Scrub redacts the files under a folder in place: the timelines, and what a
// provider collected of a cluster. What is compressed, as logs that were rotated,
// nobody can redact, and is removed.
func Scrub(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if filepath.Ext(path) == ".gz" {
			return os.Remove(path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("redact: %w", err)
		}
		clean := redact(text)
		if bytes.Equal(clean, text) {
			return nil
		}
		if err := replace(path, clean); err != nil {
			return errors.Join(err, os.Remove(path)) // better gone than told
		}
		return nil
	})
}
