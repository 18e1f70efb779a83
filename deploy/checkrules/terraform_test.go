package checkrules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arguments lists the arguments in the provider's documentation (okta/okta,
// version 6) for the resources used here: required ones first, then a | and
// some of the others. A nested block's arguments are under RESOURCE.BLOCK.
var arguments = map[string]string{
	"okta_app_swa":                         "label | url username_field password_field hide_web hide_ios user_name_template user_name_template_type user_name_template_push_status status logo",
	"okta_app_user_schema_property":        "app_id index title type | description master scope required external_name external_namespace enum one_of union permissions",
	"okta_app_user_schema_property.one_of": "const title |",
	"okta_profile_mapping":                 "source_id target_id | mappings delete_when_absent always_apply",
	"okta_profile_mapping.mappings":        "id expression | push_status",
	"okta_user_profile_mapping_source":     "|",
	"okta_group":                           "name | description custom_profile_attributes",
	"okta_app_group_assignments":           "app_id | group timeouts",
	"okta_app_group_assignments.group":     "id | priority profile",
	"okta_push_group":                      "app_id source_group_id | target_group_id target_group_name status delete_target_group_on_destroy",
}

// A configuration is the parsed files of deploy/okta-terraform.
type configuration struct {
	blocks hclsyntax.Blocks
}

func readConfiguration(t *testing.T) configuration {
	files, err := filepath.Glob(filepath.Join("..", "okta-terraform", "*.tf"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var c configuration
	parser := hclparse.NewParser()
	for _, file := range files {
		parsed, problems := parser.ParseHCLFile(file)
		require.Empty(t, problems)
		c.blocks = append(c.blocks, parsed.Body.(*hclsyntax.Body).Blocks...)
	}
	return c
}

// The files have the format of terraform fmt.
func TestTerraformFormat(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "okta-terraform", "*.tf"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(hclwrite.Format(source)), string(source), file)
	}
}

// Each resource is one of the provider's, with arguments that it has and all
// that it needs.
func TestTerraformArguments(t *testing.T) {
	used := 0
	for _, block := range readConfiguration(t).blocks {
		if block.Type == "resource" || block.Type == "data" {
			used++
			checkArguments(t, block.Labels[0], block.Body)
		}
	}
	assert.Positive(t, used)
}

// meta are the arguments that every resource has.
const meta = " count for_each depends_on lifecycle provider "

func checkArguments(t *testing.T, name string, body *hclsyntax.Body) {
	needed, others, ok := strings.Cut(arguments[name], "|")
	require.True(t, ok, "%s is not in the table of documented resources", name)
	all := " " + needed + " " + others + meta
	given := map[string]bool{}
	for argument := range body.Attributes {
		given[argument] = true
		assert.Contains(t, all, " "+argument+" ", name)
	}
	for _, block := range body.Blocks {
		nested, content := block.Type, block.Body
		if nested == "dynamic" {
			nested, content = block.Labels[0], block.Body.Blocks[0].Body
		}
		given[nested] = true
		assert.Contains(t, all, " "+nested+" ", name)
		checkArguments(t, name+"."+nested, content)
	}
	for argument := range strings.FieldsSeq(needed) {
		assert.True(t, given[argument], "%s needs %s", name, argument)
	}
}

// Every variable, local value and resource that an expression names is declared.
func TestTerraformReferences(t *testing.T) {
	c := readConfiguration(t)
	declared := c.declared()
	references := 0
	for _, block := range c.blocks {
		for _, traversal := range traversals(block.Body) {
			root := traversal.RootName()
			if attribute, ok := traversal[min(1, len(traversal)-1)].(hcl.TraverseAttr); ok {
				root += "." + attribute.Name
			}
			if root == "data.okta_user_profile_mapping_source" {
				root += "." + traversal[2].(hcl.TraverseAttr).Name
			}
			prefix, _, _ := strings.Cut(root, ".")
			if prefix == "var" || prefix == "local" || prefix == "data" || strings.HasPrefix(prefix, "okta_") {
				references++
				assert.True(t, declared[root], "%s is not declared", root)
			}
		}
	}
	assert.Positive(t, references)
}

func (c configuration) declared() map[string]bool {
	declared := map[string]bool{}
	for _, block := range c.blocks {
		switch block.Type {
		case "variable":
			declared["var."+block.Labels[0]] = true
		case "resource":
			declared[block.Labels[0]+"."+block.Labels[1]] = true
		case "data":
			declared["data."+block.Labels[0]+"."+block.Labels[1]] = true
		case "locals":
			for name := range block.Body.Attributes {
				declared["local."+name] = true
			}
		}
	}
	return declared
}

// traversals returns the names in all expressions of a body.
func traversals(body *hclsyntax.Body) (found []hcl.Traversal) {
	for _, attribute := range body.Attributes {
		if attribute.Name == "type" {
			continue // of a variable, which is a word of Terraform's
		}
		found = append(found, attribute.Expr.Variables()...)
	}
	for _, block := range body.Blocks {
		found = append(found, traversals(block.Body)...)
	}
	return found
}
