package conversation

import (
	"fmt"
	"strconv"
	"strings"
)

// Given is the situation in which a story begins, beyond the people and roles
// that every stage has.
type Given struct {
	People   int               // that many further people in Suger
	Seats    int               // of the Suger plan; 0 is no limit
	Settings map[string]string // the gateway's settings by the names of its environment
	header   []headerLine      // sent with every request
}

func parseGiven(s section) (Given, error) {
	given := Given{Settings: map[string]string{}}
	for _, line := range s.lines() {
		if err := given.add(line); err != nil {
			return given, fmt.Errorf("given %q: %w", line, err)
		}
	}
	return given, nil
}

func (g *Given) add(line string) (err error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "people":
		g.People, err = strconv.Atoi(rest)
	case "seats":
		g.Seats, err = strconv.Atoi(rest)
	case "header":
		name, value, ok := strings.Cut(rest, ":")
		if !ok {
			return fmt.Errorf("a header needs a colon")
		}
		g.header = append(g.header, headerLine{name: name, value: strings.TrimSpace(value)})
	case "setting":
		name, value, ok := strings.Cut(rest, "=")
		if !ok {
			return fmt.Errorf("a setting needs an equals sign")
		}
		g.Settings[name] = value
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return err
}
