package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// part is how many resources are applied at once where there are many. Terraform's time grows with the square.
const part = 250

// applyInParts makes what an apply of the whole root would, one part after another, and puts their states together.
func (r *root) applyInParts(ctx context.Context, host string, count int) error {
	configuration := filepath.Join(r.directory(), "main.tf")
	whole, err := os.ReadFile(configuration)
	if err != nil {
		return err
	}
	state := filepath.Join(r.directory(), "terraform.tfstate")
	var joined joinedState
	for first := 0; first < count; first += part {
		one, err := partly(string(whole), count, first, min(part, count-first))
		if err == nil {
			err = errors.Join(os.WriteFile(configuration, []byte(one), 0o644), remove(state))
		}
		if err == nil {
			_, err = r.apply(ctx, host)
		}
		if err != nil {
			return err
		}
		text, err := os.ReadFile(state)
		if err != nil {
			return err
		}
		if err := joined.add(text); err != nil {
			return err
		}
	}
	text, err := joined.text()
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(configuration, whole, 0o644), os.WriteFile(state, text, 0o600))
}

// partly is a configuration of count resources, cut down to some of them.
func partly(configuration string, count, first, some int) (string, error) {
	for _, change := range [][2]string{
		{fmt.Sprintf("count = %d\n", count), fmt.Sprintf("count = %d\n", some)},
		{"${count.index}", fmt.Sprintf("${count.index + %d}", first)},
	} {
		if strings.Count(configuration, change[0]) != 1 {
			return "", fmt.Errorf("the configuration does not say %q once:\n%s", change[0], configuration)
		}
		configuration = strings.Replace(configuration, change[0], change[1], 1)
	}
	return configuration, nil
}

// joinedState is the state of a root with one resource, whose instances come from several and are numbered anew.
type joinedState struct {
	state     map[string]json.RawMessage
	resource  map[string]json.RawMessage
	instances []map[string]json.RawMessage
}

func (j *joinedState) add(text []byte) error {
	var resources []map[string]json.RawMessage
	var instances []map[string]json.RawMessage
	err := json.Unmarshal(text, &j.state)
	if err == nil {
		err = json.Unmarshal(j.state["resources"], &resources)
	}
	if err == nil && len(resources) != 1 {
		err = fmt.Errorf("%d resources, and not one", len(resources))
	}
	if err == nil {
		j.resource = resources[0]
		err = json.Unmarshal(j.resource["instances"], &instances)
	}
	if err != nil {
		return fmt.Errorf("a part's state: %w", err)
	}
	for _, instance := range instances {
		instance["index_key"] = json.RawMessage(strconv.Itoa(len(j.instances)))
		j.instances = append(j.instances, instance)
	}
	return nil
}

func (j *joinedState) text() ([]byte, error) {
	instances, err := json.Marshal(j.instances)
	if err != nil {
		return nil, err
	}
	j.resource["instances"] = instances
	resources, err := json.Marshal([]map[string]json.RawMessage{j.resource})
	if err != nil {
		return nil, err
	}
	j.state["resources"] = resources
	return json.Marshal(j.state)
}
