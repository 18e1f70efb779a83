package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// These functions read Linux's /proc. On other systems the values are missing.

// machine describes the machine.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if match := regexp.MustCompile(`model name\s*: (.+)`).FindSubmatch(text); match != nil {
			model = string(match[1])
		}
	}
	return fmt.Sprintf("%d cores of %s, %s/%s", runtime.NumCPU(), strings.TrimSpace(model), runtime.GOOS, runtime.GOARCH)
}

// cpu returns the CPU time of the process.
func (p *process) cpu() time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs
	text, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // after the name, which can contain anything
	fields := strings.Fields(rest)
	const user, system = 11, 12 // of the fields from the third on, see proc(5)
	if len(fields) <= system {
		return 0
	}
	ticks := 0
	for _, field := range []string{fields[user], fields[system]} {
		n, _ := strconv.Atoi(field)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// peakMemory returns the peak resident memory of the process, in bytes.
func (p *process) peakMemory() int64 {
	text, err := os.ReadFile(p.proc("status"))
	if err != nil {
		return 0
	}
	match := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(text)
	if match == nil {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(match[1]), 10, 64)
	return kilobytes << 10
}

func (p *process) proc(file string) string {
	return fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, file)
}
