package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// proxyCommand runs this program as the reverse proxy for the comparison.
const proxyCommand = "proxy"

// A process is a started program with its addresses, such as "http://127.0.0.1:40001".
type process struct {
	command *exec.Cmd
	address string
	ops     string // of the gateway
}

// startProcess starts a program and waits for a line with its address, or with two
// addresses.
func startProcess(ctx context.Context, told *regexp.Regexp, environment []string, program string, args ...string) (*process, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), environment...)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		return nil, err
	}
	writer.Close()
	lines := bufio.NewScanner(reader)
	var said strings.Builder
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if match := told.FindStringSubmatch(lines.Text()); match != nil {
			go func() { _, _ = io.Copy(io.Discard, reader) }() // the log, until the process ends
			p := &process{command: command, address: "http://" + strings.TrimPrefix(match[1], "http://")}
			if len(match) > 2 {
				p.ops = "http://" + match[2]
			}
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s %s did not start: %s", filepath.Base(program), args, said.String()), command.Wait())
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = p.command.Wait()
}

// A stack is a sandbox with a gateway, and optionally a bare proxy.
type stack struct {
	key                     string
	sandbox, gateway, proxy *process
}

// startStack starts a sandbox and a gateway. binary is the gateway's program; latency
// is the delay of every call to Suger.
func startStack(ctx context.Context, binary string, people int, latency time.Duration) (*stack, error) {
	s := &stack{key: rand.Text()}
	args := []string{"sandbox", "--addr", "127.0.0.1:0", "--people", strconv.Itoa(people), "--key", s.key}
	if latency > 0 {
		args = append(args, "--fault", latency.String())
	}
	var err error
	if s.sandbox, err = startProcess(ctx, regexp.MustCompile(`SUGER_API_URL +(\S+)`), nil, binary, args...); err != nil {
		return nil, err
	}
	if s.gateway, err = s.startGateway(ctx, binary); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// startGateway starts the gateway with default settings, as in production.
func (s *stack) startGateway(ctx context.Context, binary string) (*process, error) {
	return startProcess(ctx, regexp.MustCompile(`"scim_address":"([^"]+)","ops_address":"([^"]+)"`), []string{
		"SUGER_API_URL=" + s.sandbox.address, "SUGER_ORG_ID=" + organization,
		"GATEWAY_ADDR=127.0.0.1:0", "GATEWAY_OPS_ADDR=127.0.0.1:0",
	}, binary, "serve")
}

// startProxy starts this program again as the proxy.
func (s *stack) startProxy(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.proxy, err = startProcess(ctx, regexp.MustCompile(`listening on (\S+)`), nil, self, proxyCommand, "-to", s.sandbox.address)
	return err
}

func (s *stack) stop() {
	for _, p := range []*process{s.proxy, s.gateway, s.sandbox} {
		if p != nil {
			p.stop()
		}
	}
}

// toGateway returns a target with the key as SCIM clients send it.
func (s *stack) toGateway(path func(int) string) *target {
	return &target{base: s.gateway.address + "/scim/v2", path: path, header: http.Header{"Authorization": {"Bearer " + s.key}}}
}

// proxy runs net/http/httputil's reverse proxy, with as many idle connections as the
// gateway has.
func proxy(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(proxyCommand, flag.ContinueOnError)
	to := flags.String("to", "", "URL of the sandbox")
	if err := flags.Parse(args); err != nil {
		return err
	}
	upstream, err := url.Parse(*to)
	if err != nil {
		return err
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: &httputil.ReverseProxy{
			Transport: &http.Transport{MaxIdleConnsPerHost: 64},
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		},
	}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Println("listening on", socket.Addr())
	if err := server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
