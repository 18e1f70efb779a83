package cli

import (
	"context"
	"fmt"

	"suger-scim-gateway/internal/settings"
)

// runMapping prints the source of the current mapping, that of GATEWAY_MAPPING or
// the embedded one, so that a copy can be changed. Or it checks a mapping file.
func runMapping(_ context.Context, c *console, args []string) error {
	flags := c.newFlags("mapping")
	check := flags.String("check", "", "mapping `FILE` to check instead; errors have line and column")
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
	source, _, err := settings.ReadMapping(settings.Read().MappingFile)
	if err != nil {
		return fmt.Errorf("GATEWAY_MAPPING: %w", err)
	}
	_, err = c.out.Write(source)
	return err
}
