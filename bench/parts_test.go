package main

import "testing"

func TestPartly(t *testing.T) {
	o := many("/files", 300, 1)
	got, err := partly(flinkBody(o, ""), 300, 250, 50)
	want := "resource \"flink_artifact\" \"bench\" {\n  count = 50\n  namespace = \"default\"\n  source    = \"/files/file-${count.index + 250}\"\n}\n"
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := partly(flinkBody(single("/file", 1), ""), 1, 0, 1); err == nil {
		t.Error("a configuration of one resource was taken")
	}
}

func TestJoinedState(t *testing.T) {
	var joined joinedState
	for _, text := range []string{
		`{"serial": 1, "resources": [{"type": "x", "instances": [{"index_key": 0}, {"index_key": 1}]}]}`,
		`{"serial": 2, "resources": [{"type": "x", "instances": [{"index_key": 0}]}]}`,
	} {
		if err := joined.add([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := joined.text()
	if want := `{"resources":[{"instances":[{"index_key":0},{"index_key":1},{"index_key":2}],"type":"x"}],"serial":2}`; err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	for _, broken := range []string{`{`, `{"resources": []}`, `{"resources": [{"instances": 1}]}`} {
		if err := new(joinedState).add([]byte(broken)); err == nil {
			t.Errorf("%s was taken", broken)
		}
	}
}
