package cli

import (
	"context"
	"fmt"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec/strict"
)

// runMapping prints the current mapping, that of GATEWAY_MAPPING or the embedded
// one: with all defaults filled in, or as it is written, with its comments, so
// that a copy can be changed. Or it checks a mapping file.
func runMapping(_ context.Context, c *console, args []string) error {
	flags := c.newFlags("mapping")
	check := flags.String("check", "", "mapping `FILE` to check instead; errors have line and column")
	asWritten := flags.Bool("source", false, "print it as written, with its comments; otherwise defaults are filled in")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *check != "" {
		if _, _, err := settings.ReadMapping(*check); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.out, "%s is a valid mapping.\n", *check)
		return err
	}
	s := settings.Read()
	source, document := mapping.DefaultSource(), mapping.DefaultDocument()
	if s.MappingFile != "" {
		var err error
		if source, document, err = settings.ReadMapping(s.MappingFile); err != nil {
			return fmt.Errorf("GATEWAY_MAPPING: %w", err)
		}
	}
	if !*asWritten {
		var err error
		if source, err = strict.Print(document); err != nil {
			return err
		}
	}
	_, err := c.out.Write(source)
	return err
}
