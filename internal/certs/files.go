// Package certs serves TLS with a certificate from two files: the chain and the
// key, in PEM form. It refuses a chain that clients would refuse, and takes
// changed files over without a restart.
//
// Start with [Open]; [Files.Config] is for an http.Server.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

// maxFile bounds a file, in bytes; a chain of four is about 8 KB.
const maxFile = 256 << 10

// Options name the files. Zero fields take the default given with them.
type Options struct {
	CertPath string // the chain, the server's own certificate first; required
	KeyPath  string // the key of that certificate; required

	Log   *slog.Logger     // told of changes and of what is wrong with them; discards
	Now   func() time.Time // time.Now
	Roots *x509.CertPool   // authorities that are trusted; the system's
}

// Files are a certificate and its key, as they are on disk. They may be used by
// several goroutines at once.
type Files struct {
	options Options

	mu       sync.Mutex
	current  *tls.Certificate
	seen     [2]os.FileInfo // the files as they were when they were last looked at
	notAfter time.Time
	problem  string    // of the files as they are; "" if they are in use
	again    time.Time // when to look at them again if there is one
}

// lookAgain is how long files that could not be used are left alone: the reason
// may pass without a change that shows, such as a permission or a certificate that
// is not valid yet.
const lookAgain = 10 * time.Second

// Open reads and checks the files. The error says what is wrong with the
// certificate, the key or the chain, in words for an operator.
func Open(options Options) (*Files, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	f := &Files{options: options}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Config is TLS 1.2 and 1.3 with the certificate as of each handshake, so that
// connections that are open are not concerned by a change.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return f.certificate(), nil
		},
	}
}

// NotAfter is when the current certificate expires.
func (f *Files) NotAfter() time.Time {
	f.certificate()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.notAfter
}

// Covers says what is wrong with the certificate for a host, if anything.
func (f *Files) Covers(host string) error { return f.certificate().Leaf.VerifyHostname(host) }

// certificate is the current one. Changed files that cannot be used leave the
// last good one in use, are reported once, and are looked at again.
func (f *Files) certificate() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.options.Now()
	if f.unchanged() && (f.problem == "" || now.Before(f.again)) {
		return f.current
	}
	if err := f.read(); err != nil {
		if problem := err.Error(); problem != f.problem {
			f.options.Log.Error("changed certificate rejected; the last good one stays in use", "problem", problem)
			f.problem = problem
		}
		f.again = now.Add(lookAgain)
		return f.current
	}
	f.problem = ""
	f.options.Log.Info("changed certificate loaded", "not_after", f.notAfter)
	return f.current
}

// paths are the two files.
func (f *Files) paths() [2]string { return [2]string{f.options.CertPath, f.options.KeyPath} }

// unchanged reports whether both files are as they were when they were last
// looked at. A missing one counts as unchanged, since files are swapped one
// after the other.
func (f *Files) unchanged() bool {
	for i, path := range f.paths() {
		now, err := os.Stat(path)
		if err != nil {
			return true
		}
		was := f.seen[i]
		if !os.SameFile(now, was) || !now.ModTime().Equal(was.ModTime()) || now.Size() != was.Size() {
			return false
		}
	}
	return true
}

// read loads the files, and remembers having looked at them even if they
// cannot be used.
func (f *Files) read() error {
	var content [2][]byte
	for i, path := range f.paths() {
		var err error
		if f.seen[i], err = os.Stat(path); err != nil {
			return err
		}
		if !f.seen[i].Mode().IsRegular() { // opening a pipe would wait for who writes to it
			return fmt.Errorf("%s is not a regular file", path)
		}
	}
	for i, path := range f.paths() {
		var err error
		if content[i], err = readFile(path); err != nil {
			return err
		}
	}
	p, err := parsePair(content[0], content[1])
	if err != nil {
		return err
	}
	warnings, err := p.check(f.options.Now(), f.options.Roots)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		f.options.Log.Warn("TLS certificate", "problem", warning)
	}
	f.current, f.notAfter = p.certificate(), p.leaf().NotAfter
	return nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file in a setting
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return content, err
}
