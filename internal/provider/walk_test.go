package provider

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestIntents(t *testing.T) {
	const place = "s3://bucket/artifacts/namespaces/default/job.jar"
	a, b, c := ownership{ID: "a"}, ownership{ID: "b"}, ownership{ID: "c"}
	created, kept, destroyed := intent{kind: toCreate}, intent{a, toKeep}, intent{b, toDelete}
	cases := map[string]struct {
		before []intent
		add    intent
		others []intent
	}{
		"first":                        {nil, created, nil},
		"two creates":                  {[]intent{created}, created, []intent{created}},
		"a create beside a kept one":   {[]intent{kept}, created, []intent{kept}},
		"a kept one after a create":    {[]intent{created}, kept, []intent{created}},
		"planned twice in replacement": {[]intent{{a, toCreate}}, intent{a, toCreate}, nil},
		"replaced in place":            {[]intent{kept}, intent{a, toCreate}, nil},
		"created where one goes":       {[]intent{destroyed}, created, []intent{destroyed}},
		"one goes where one is made":   {[]intent{created}, destroyed, []intent{created}},
		"three":                        {[]intent{kept, created}, intent{c, toKeep}, []intent{kept, created}},
	}
	for name, test := range cases {
		var planned intents
		for _, before := range test.before {
			planned.add(place, before)
		}
		planned.add("elsewhere", created)
		if others := planned.add(place, test.add); !slices.Equal(others, test.others) {
			t.Errorf("%s: %v, want %v", name, others, test.others)
		}
	}
}

// What two resources at one location are told: "twice" and "shared" are errors but for two that both exist, "moved" is a warning.
func TestConflicts(t *testing.T) {
	resource := func(id, token string, kind intentKind) intent {
		return intent{ownership{ID: id, Token: token, Owned: true, Stamped: true}, kind}
	}
	imported := intent{ownership{ID: "b", Token: "found", Owned: true}, toKeep}
	created := intent{kind: toCreate}
	for name, test := range map[string]struct {
		one, two intent
		says     string
		isError  bool
	}{
		"two that exist":                  {resource("a", "1", toKeep), resource("b", "2", toKeep), "twice", false},
		"two that are created":            {created, created, "twice", true},
		"one created where one exists":    {resource("a", "1", toKeep), created, "twice", true},
		"one deleted, one created":        {resource("a", "1", toDelete), created, "moved", false},
		"one deleted, one of its own":     {resource("a", "1", toDelete), resource("b", "2", toKeep), "", false},
		"one deleted, one with its token": {resource("a", "1", toDelete), resource("b", "1", toKeep), "shared", true},
		"one deleted, one only imported":  {resource("a", "1", toDelete), imported, "shared", true},
		"two that are deleted":            {resource("a", "1", toDelete), resource("b", "1", toDelete), "", false},
	} {
		for _, order := range [][]intent{{test.one, test.two}, {test.two, test.one}} {
			var w walk
			say := conflicts{attribute: "filename", twice: message{title: "twice"}, moved: message{title: "moved"}, shared: message{title: "shared"}}
			first, diags := w.plan("location", order[0], say), w.plan("location", order[1], say)
			titles := ""
			for _, d := range diags {
				titles += d.Summary()
			}
			if len(first) > 0 || titles != test.says || diags.HasError() != test.isError {
				t.Errorf("%s: %v, then %v", name, first, diags)
			}
		}
	}
}

func TestKeyedLocks(t *testing.T) {
	var locks keyedLocks
	unlock, err := locks.lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	// Another name is free.
	other, err := locks.lock(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	// Who waits gives up with its context.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := locks.lock(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a taken lock: %v, want a timeout", err)
	}
	go unlock()
	again, err := locks.lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	again()
}
