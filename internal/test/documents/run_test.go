package documents

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/test/conversation"
	"suger-scim-gateway/internal/test/program"
)

// A block is a fenced block of a document.
type block struct {
	line int    // line of its fence
	info string // what follows the fence
	text string
	why  string // of <!-- not run: why -->
}

func (b block) has(word string) bool { return slices.Contains(strings.Fields(b.info), word) }

func (b block) language() string {
	language, _, _ := strings.Cut(b.info, " ")
	return language
}

// looseCommand matches a command in an indented block.
var looseCommand = regexp.MustCompile(`(?m)^ {4,}(?:\w+=\S+ )*(?:suger-scim-gateway|curl|docker|go|kubectl|helm|openssl) .*`)

var notRun = regexp.MustCompile(`^<!-- not run: (.+) -->$`)

// parseBlocks finds the fenced blocks of a document.
func parseBlocks(text string) (blocks []block) {
	var before, margin string // the last line that is not blank; the text before the fence
	var open *block
	for number, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		info, fence := strings.CutPrefix(trimmed, "```")
		switch {
		case open != nil && trimmed == "```":
			blocks = append(blocks, *open)
			open, before = nil, ""
		case open != nil:
			open.text += strings.TrimPrefix(line, margin) + "\n"
		case fence:
			margin, _, _ = strings.Cut(line, "`")
			open = &block{line: number + 1, info: strings.TrimSpace(info)}
			if found := notRun.FindStringSubmatch(before); found != nil {
				open.why = found[1]
			}
		case trimmed != "":
			before = trimmed
		}
	}
	return blocks
}

// documents returns all Markdown files of the project.
func documents(t *testing.T) (files []string) {
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != "." {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			files = append(files, path)
		}
		return err
	}))
	require.Contains(t, files, "README.md")
	require.Contains(t, files, filepath.Join("docs", "okta-private.md"))
	return files
}

// TestDocumentsRun runs the commands in the documents. Each shell block has one of
//
//	```sh run          the block must succeed
//	```sh run fails    the block must fail
//	<!-- not run: WHY --> on the line before the block
//
// A block marked "output" is the output of the previous block: "json output" is
// compared as JSON, other output as text. … matches anything, and the JSON key "…"
// matches further keys.
//
// The blocks of one document share a shell, an empty folder and a demo, whose
// exports are set: $BASE and $TOKEN are its base URL and token, $SUGER_API_URL and
// $SUGER_ORG_ID its Suger, $GATEWAY_ADDR and $GATEWAY_OPS_ADDR free addresses.
//
// A command outside a fenced block is an error.
func TestDocumentsRun(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("THE DOCUMENTS' COMMANDS DID NOT RUN: there is no curl on this machine; CI has it")
	}
	for _, file := range documents(t) {
		t.Run(file, func(t *testing.T) {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Empty(t, looseCommand.FindAllString(proseOf(t, file), -1), "belongs in a fenced block")
			var s *shell
			ran := ""
			for _, b := range parseBlocks(string(source)) {
				at := fmt.Sprintf("%s:%d", file, b.line)
				switch {
				case b.has("run"):
					if s == nil {
						s = newShell(t)
					}
					ran = s.run(t, at, b)
				case b.has("output"):
					require.NotNil(t, s, "%s: no block has run before this output", at)
					s.compare(t, at, b, ran)
				case isShell(b.language()):
					assert.NotEmpty(t, b.why, "%s: the block must run or say why not", at)
				}
			}
		})
	}
}

func isShell(language string) bool {
	return slices.Contains([]string{"sh", "bash", "shell", "console"}, language)
}

// A shell runs the blocks of one document in order.
type shell struct {
	input   *os.File
	status  *bufio.Scanner
	folder  string
	gateway *program.Program  // of the demo
	demo    *strings.Replacer // replaces the addresses in the documents by those of this demo
}

func newShell(t *testing.T) *shell {
	demo := program.Start(t, cli.Run, "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0")
	demo.Wait(t, demo.Out, `(Ctrl-C)`)
	t.Cleanup(func() { assert.NoError(t, demo.End()) })

	s := &shell{folder: t.TempDir(), gateway: demo}
	command := exec.Command("sh")
	command.Dir = s.folder
	command.Env = []string{"PATH=" + filepath.Dir(program.Binary(t)) + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + s.folder}
	exported := map[string]string{}
	for pair := range strings.FieldsSeq(demo.Wait(t, demo.Out, `(?m)^export (.*)$`)) {
		name, value, _ := strings.Cut(strings.ReplaceAll(pair, "'", ""), "=")
		exported[name] = value
		command.Env = append(command.Env, name+"="+value)
	}
	s.demo = strings.NewReplacer("http://127.0.0.1:8080", strings.TrimSuffix(exported["BASE"], "/scim/v2"), "http://127.0.0.1:8081", exported["SUGER_API_URL"],
		`"…":`, `"<more>":`, "…", "<any>")
	s.connect(t, command)
	return s
}

// connect starts the shell, which ends with the test and then stops the processes that
// it started.
func (s *shell) connect(t *testing.T, command *exec.Cmd) {
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	input, ours, err := os.Pipe()
	require.NoError(t, err)
	command.Stdin, command.Stderr = input, os.Stderr
	require.NoError(t, command.Start(), "the documents need sh and curl")
	require.NoError(t, input.Close())
	s.input, s.status = ours, bufio.NewScanner(output)
	_, err = fmt.Fprintln(ours, `trap 'jobs -p >.jobs; kill $(cat .jobs) 2>/dev/null' EXIT`)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = ours.Close() // ends the shell, if a block has not
		_ = command.Wait()
	})
}

// run returns the output of a block. A block stops at its first command that fails.
func (s *shell) run(t *testing.T, at string, b block) string {
	file := filepath.Join(s.folder, ".output")
	script := filepath.Join(s.folder, ".block")
	require.NoError(t, os.WriteFile(script, []byte(b.text), 0o600))
	wanted := "ran"
	if b.has("fails") {
		wanted = "failed"
		_, _ = fmt.Fprintf(s.input, "set +e; . ./.block >.output 2>&1 && echo ran || echo failed\n")
	} else {
		_, _ = fmt.Fprintf(s.input, "set -e; . ./.block >.output 2>&1; set +e; echo ran\n")
	}
	found := s.status.Scan() && s.status.Text() == wanted
	printed, err := os.ReadFile(file)
	require.NoError(t, err)
	if !found {
		t.Log(s.logs(t))
	}
	require.True(t, found, "%s: the block's result is not the documented one (%s):\n%s", at, wanted, printed)
	return string(printed)
}

func (s *shell) compare(t *testing.T, at string, b block, printed string) {
	compare := conversation.CompareText
	if b.language() == "json" {
		compare = conversation.CompareJSON
	}
	if !assert.Empty(t, compare(s.demo.Replace(b.text), printed), "%s: the output is\n%s", at, printed) {
		t.Log(s.logs(t))
	}
}

// logs returns the logs of the demo and of the programs that the blocks started.
func (s *shell) logs(t *testing.T) string {
	text := "the demo's log:\n" + s.gateway.Log.String()
	files, err := filepath.Glob(filepath.Join(s.folder, "*.log"))
	require.NoError(t, err)
	for _, file := range files {
		log, err := os.ReadFile(file)
		require.NoError(t, err)
		text += filepath.Base(file) + ":\n" + string(log)
	}
	return text
}
