package kind

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kind/pkg/log"
)

// progress tells our log the steps of kind's library, one line each and without
// its pictures.
type progress struct {
	log func(format string, args ...any)
}

var (
	_ log.Logger     = progress{}
	_ log.InfoLogger = progress{}
)

// Warn implements log.Logger.
func (p progress) Warn(message string) { p.Warnf("%s", message) }

// Warnf implements log.Logger. What kind warns of is known: a host's oddities
// are handled and the doctor's to tell, the storage class is not used.
func (p progress) Warnf(string, ...any) {}

// Error implements log.Logger.
func (p progress) Error(message string) { p.Errorf("%s", message) }

// Errorf implements log.Logger.
func (p progress) Errorf(format string, args ...any) { p.log("kind: "+format, args...) }

// V implements log.Logger: steps are at level 0, the rest is dropped.
func (p progress) V(level log.Level) log.InfoLogger {
	if level > 0 {
		return log.NoopInfoLogger{}
	}
	return p
}

// Info implements log.InfoLogger.
func (p progress) Info(message string) { p.Infof("%s", message) }

// Infof implements log.InfoLogger. kind tells of a step when it begins ("•")
// and when it ends; the beginning is enough.
func (p progress) Infof(format string, args ...any) {
	step, begins := strings.CutPrefix(strings.TrimSpace(fmt.Sprintf(format, args...)), "•")
	if !begins {
		return
	}
	plain := strings.Map(func(r rune) rune {
		if r > '~' {
			return -1
		}
		return r
	}, strings.TrimRight(step, ". "))
	p.log("kind: %s", strings.ToLower(strings.TrimSpace(plain)))
}

// Enabled implements log.InfoLogger.
func (progress) Enabled() bool { return true }
