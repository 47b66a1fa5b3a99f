// Renders a Helm chart as `helm template` does, for tests on machines without helm: the same template engine (text/template), the same
// functions (sprig), and Helm's own ones, written from its documentation. Built with Debian's Go and packages alone:
//
//	render CHART RELEASE NAMESPACE [VALUES.yaml ...]
//
// Prints the manifests, each file after a line "# Source: ...", and NOTES.txt last. What a template fails with goes to the error stream.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type files map[string][]byte

func (f files) Get(name string) string { return string(f[name]) }

func (f files) GetBytes(name string) []byte { return f[name] }

func (f files) Glob(pattern string) files {
	found := files{}
	for name, content := range f {
		if ok, _ := path.Match(pattern, name); ok {
			found[name] = content
		}
	}
	return found
}

type capabilities struct {
	KubeVersion map[string]string
	APIVersions versions
}

type versions []string

func (v versions) Has(version string) bool {
	for _, known := range v {
		if known == version {
			return true
		}
	}
	return false
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: render CHART RELEASE NAMESPACE [VALUES.yaml ...]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, release, namespace string, valueFiles []string) error {
	content, err := read(folder)
	if err != nil {
		return err
	}
	chart := map[string]interface{}{}
	if err := yaml.Unmarshal(content["Chart.yaml"], &chart); err != nil {
		return err
	}
	// In templates the fields of Chart.yaml begin with a capital letter.
	meta := map[string]interface{}{}
	for key, value := range chart {
		meta[strings.ToUpper(key[:1])+key[1:]] = value
	}
	values := map[string]interface{}{}
	if err := yaml.Unmarshal(content["values.yaml"], &values); err != nil {
		return err
	}
	for _, name := range valueFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		over := map[string]interface{}{}
		if err := yaml.UnmarshalStrict(text, &over); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		merge(values, over)
	}

	others := files{}
	var names []string
	for name, text := range content {
		switch {
		case strings.HasPrefix(name, "templates/"):
			names = append(names, name)
		case name != "Chart.yaml" && name != "values.yaml" && name != "values.schema.json":
			others[name] = text
		}
	}
	sort.Strings(names)
	root := map[string]interface{}{
		"Values":       values,
		"Chart":        meta,
		"Release":      map[string]interface{}{"Name": release, "Namespace": namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Capabilities": capabilities{map[string]string{"Version": "v1.31.0", "Major": "1", "Minor": "31"}, versions{"v1", "apps/v1", "policy/v1", "autoscaling/v2"}},
		"Files":        others,
	}
	all := template.New("chart").Option("missingkey=zero")
	all.Funcs(functions(all))
	for _, name := range names {
		if _, err := all.New(name).Parse(string(content[name])); err != nil {
			return err
		}
	}
	for _, name := range append(without(names, "templates/NOTES.txt"), "templates/NOTES.txt") {
		if strings.HasPrefix(path.Base(name), "_") || content[name] == nil {
			continue
		}
		scope := map[string]interface{}{"Template": map[string]interface{}{"Name": name, "BasePath": "templates"}}
		for key, value := range root {
			scope[key] = value
		}
		var out bytes.Buffer
		if err := all.ExecuteTemplate(&out, name, scope); err != nil {
			return err
		}
		// Helm prints nothing for what is not there.
		fmt.Printf("---\n# Source: %s\n%s\n", name, strings.ReplaceAll(out.String(), "<no value>", ""))
	}
	return nil
}

// read takes in every file of the chart; links are followed, as helm does.
func read(folder string) (files, error) {
	content := files{}
	var walk func(at, name string) error
	walk = func(at, name string) error {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			content[name], err = os.ReadFile(at)
			return err
		}
		entries, err := os.ReadDir(at)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := walk(filepath.Join(at, entry.Name()), path.Join(name, entry.Name())); err != nil {
				return err
			}
		}
		return nil
	}
	return content, walk(folder, "")
}

func merge(into, over map[string]interface{}) {
	for key, value := range over {
		table, isTable := value.(map[string]interface{})
		before, wasTable := into[key].(map[string]interface{})
		switch {
		case value == nil:
			delete(into, key)
		case isTable && wasTable:
			merge(before, table)
		default:
			into[key] = value
		}
	}
}

func without(names []string, left string) []string {
	var rest []string
	for _, name := range names {
		if name != left {
			rest = append(rest, name)
		}
	}
	return rest
}

func functions(all *template.Template) template.FuncMap {
	funcs := sprig.TxtFuncMap()
	delete(funcs, "env")
	delete(funcs, "expandenv")
	funcs["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	funcs["tpl"] = func(text string, data interface{}) (string, error) {
		one, err := all.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := one.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		err = parsed.Execute(&out, data)
		return out.String(), err
	}
	funcs["required"] = func(message string, value interface{}) (interface{}, error) {
		if text, isText := value.(string); value == nil || isText && text == "" {
			return value, errors.New(message)
		}
		return value, nil
	}
	funcs["fail"] = func(message string) (string, error) { return "", errors.New(message) }
	funcs["lookup"] = func(string, string, string, string) map[string]interface{} { return map[string]interface{}{} }
	funcs["toYaml"] = func(value interface{}) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	funcs["fromYaml"] = func(text string) map[string]interface{} {
		value := map[string]interface{}{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	funcs["toJson"] = func(value interface{}) string {
		text, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return funcs
}
