// Package ledger notes what is about to be made, before it is made, in a file
// that survives a kill -9 and a power cut. What it has and does not call gone
// may exist, and is what a later command removes.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Head says where all entries of a ledger are. It holds no account id.
type Head struct {
	Region string `json:"region"`
	// Salt and Account recognize the account without telling it.
	Salt    string `json:"salt"`
	Account string `json:"account"`
	// Run and the times are those of the tags.
	Run     string    `json:"run"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

// Entry is something that may exist.
type Entry struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// line is what the file has one of a line.
type line struct {
	At   time.Time `json:"at"`
	Head *Head     `json:"head,omitempty"`
	// Intend is about to be made; Gone is known to be removed.
	Intend *Entry `json:"intend,omitempty"`
	Gone   *Entry `json:"gone,omitempty"`
}

// Ledger is the file of one cluster, locked by this process.
type Ledger struct {
	path string
	file *os.File
	lock *flock.Flock
	// whole is how long the file's lines are together.
	whole int64
	head  *Head
	open  []Entry
}

// A lock that is held by a process that lives.
var (
	errBusy = errors.New("another scaleproof command is making or removing this cluster: wait for it or stop it")
	errUsed = errors.New("a run uses this cluster: wait for it, stop it, or set CLUSTER_NAME")
)

// hold takes the lock of a file below dir without waiting.
func hold(dir, file string, busy error) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	lock := flock.New(filepath.Join(dir, file))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	case !held:
		return nil, busy
	}
	return lock, nil
}

// Reserve keeps the name below dir, whether there is a ledger of it or not, until
// release, or until the process ends: every other Reserve of it is an error. Open asks
// for none.
func Reserve(dir, name string) (release func(), err error) {
	lock, err := hold(dir, name+".run.lock", errUsed)
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// Path is the ledger's file of a name below dir.
func Path(dir, name string) string { return filepath.Join(dir, name+".jsonl") }

// Open locks and reads the ledger of a name below dir. Without a file it is
// empty. A line that was cut off by a crash is left out: what it would have
// told was not yet begun.
func Open(dir, name string) (*Ledger, error) {
	lock, err := hold(dir, name+".lock", errBusy)
	if err != nil {
		return nil, err
	}
	l := &Ledger{path: Path(dir, name), lock: lock}
	if err := l.read(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Look reads the ledger of a name below dir, also while another process has it.
// It makes nothing, and what it returns can only be asked.
func Look(dir, name string) (*Ledger, error) {
	l := &Ledger{path: Path(dir, name)}
	return l, l.load()
}

// read loads the file and cuts off what is not whole, so that the next line
// starts on its own.
func (l *Ledger) read() error {
	if err := l.load(); err != nil {
		return err
	}
	if err := os.Truncate(l.path, l.whole); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// load takes the whole lines of the file.
func (l *Ledger) load() error {
	data, err := os.ReadFile(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	for number, text := range bytes.Split(bytes.TrimSuffix(data[:whole], []byte("\n")), []byte("\n")) {
		if len(text) == 0 {
			continue
		}
		var entry line
		if err := json.Unmarshal(text, &entry); err != nil {
			return fmt.Errorf("%s: line %d is not a ledger's: look at it, and remove the line or the file: %w", l.path, number+1, err)
		}
		l.apply(entry)
	}
	l.whole = int64(whole)
	return nil
}

func (l *Ledger) apply(entry line) {
	switch {
	case entry.Head != nil:
		l.head = entry.Head
	case entry.Intend != nil && !slices.Contains(l.open, *entry.Intend):
		l.open = append(l.open, *entry.Intend)
	case entry.Gone != nil:
		l.open = slices.DeleteFunc(l.open, func(e Entry) bool { return e == *entry.Gone })
	}
}

// Head is what Begin wrote; nil of an empty ledger.
func (l *Ledger) Head() *Head { return l.head }

// Entries may exist, in the order in which they were begun.
func (l *Ledger) Entries() []Entry { return slices.Clone(l.open) }

// Names of the entries of a kind.
func (l *Ledger) Names(kind string) []string {
	var names []string
	for _, entry := range l.open {
		if entry.Kind == kind {
			names = append(names, entry.Name)
		}
	}
	return names
}

// Begin writes where all that follows is.
func (l *Ledger) Begin(head Head) error { return l.write(line{Head: &head}) }

// Intend writes that something is about to be made. It is on the disk when
// Intend returns.
func (l *Ledger) Intend(kind, name string) error {
	entry := Entry{kind, name}
	if slices.Contains(l.open, entry) {
		return nil
	}
	return l.write(line{Intend: &entry})
}

// Gone writes that something does not exist any more.
func (l *Ledger) Gone(kind, name string) error {
	entry := Entry{kind, name}
	if !slices.Contains(l.open, entry) {
		return nil
	}
	return l.write(line{Gone: &entry})
}

func (l *Ledger) write(entry line) error {
	entry.At = time.Now().UTC()
	text, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := l.put(append(text, '\n')); err != nil {
		return fmt.Errorf("ledger: nothing is made that could not be noted: %w", err)
	}
	l.apply(entry)
	return nil
}

// put brings a line onto the disk.
func (l *Ledger) put(text []byte) error {
	if l.file == nil {
		file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		l.file = file
	}
	// What a write that failed has left must not become part of this line.
	if err := l.file.Truncate(l.whole); err != nil {
		return err
	}
	if _, err := l.file.Write(text); err != nil {
		return err
	}
	if err := errors.Join(l.file.Sync(), syncFolder(filepath.Dir(l.path))); err != nil {
		return err
	}
	l.whole += int64(len(text))
	return nil
}

// syncFolder puts the file's own name on the disk.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// Finish removes the file, when nothing is left of what it names.
func (l *Ledger) Finish() error {
	l.head, l.open, l.whole = nil, nil, 0
	if err := l.release(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := os.Remove(l.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("ledger: %w", err)
	}
	return syncFolder(filepath.Dir(l.path))
}

// Close lets go of the lock. The lock's own file stays: removing it would let
// two commands hold a lock of the same name.
func (l *Ledger) Close() error {
	return errors.Join(l.release(), l.lock.Close())
}

// release closes the file until there is something to write again.
func (l *Ledger) release() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
