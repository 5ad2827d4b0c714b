package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/promise"
)

func newPromises(c *console) *cobra.Command {
	var check bool
	command := &cobra.Command{
		Use:   "promises [FILE]",
		Short: "print the catalogue of promises, or write it to a file",
		Example: `  scaleproof promises                      # print it
  scaleproof promises PROMISES.md          # write it
  scaleproof promises --check PROMISES.md  # fail if the file tells something else`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := catalogue(c.suites)
			if err != nil {
				return err
			}
			if check && len(args) == 0 {
				return errors.New("--check compares with a file: name it, as in --check PROMISES.md")
			}
			if len(args) == 0 {
				fmt.Fprint(c.stdout, text)
				return nil
			}
			if !check {
				return os.WriteFile(args[0], []byte(text), 0o644)
			}
			stored, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			if string(stored) != text {
				return fmt.Errorf("%s is not what the suites promise: run make generate and read what changed", args[0])
			}
			return nil
		},
	}
	command.Flags().BoolVar(&check, "check", false, "compare with the file instead of writing it")
	return command
}

// catalogue prints the promises of all suites as Markdown.
func catalogue(all []e2e.Suite) (string, error) {
	mutants, err := mutant.All()
	if err != nil {
		return "", err
	}
	breakers := map[string][]string{} // by promise
	for _, m := range mutants {
		for _, id := range m.Breaks {
			breakers[id] = append(breakers[id], m.Name)
		}
	}
	var b strings.Builder
	b.WriteString("# Promises\n\nGenerated from the suites by `make generate`. A limit is a sum of named parts,\n" +
		"whose costs are read from the configuration in force. A mutant is a way to\nbreak the stack after which the promise must be seen broken.\n")
	for _, suite := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| id | level | claim | limit | mutants |\n|---|---|---|---|---|\n", suite.Name, suite.About)
		for _, p := range suite.Promises {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
				p.ID, p.Level, cell(p.Claim), cell(bounds(p)), cell(strings.Join(breakers[p.ID], ", ")))
		}
	}
	fmt.Fprintf(&b, "\n## cleanup\n\nwhat follows the specs, on a cluster that could leave something behind\n\n| id | level | claim |\n|---|---|---|\n| %s | %s | %s |\n",
		nothingLeft, promise.Must, cell(nothingLeftClaim))
	return b.String(), nil
}

// bounds tells all limits of a promise in a few words.
func bounds(p promise.Promise) string {
	var all []string
	for _, bound := range []struct {
		word  string
		limit promise.Limit
	}{{"not before ", p.Early}, {"within ", p.Limit}, {"for ", p.For}, {"then for ", p.After}} {
		if len(bound.limit) > 0 {
			all = append(all, bound.word+bound.limit.String())
		}
	}
	return strings.Join(all, "; ")
}

// cell escapes what would end a table's cell.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
