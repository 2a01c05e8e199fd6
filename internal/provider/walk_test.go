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
