package provider

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestPlannedLocations(t *testing.T) {
	const place = "s3://bucket/artifacts/namespaces/default/job.jar"
	a, b, c := ownership{ID: "a"}, ownership{ID: "b"}, ownership{ID: "c"}
	created, kept, destroyed := claim{kind: claimCreated}, claim{a, claimKept}, claim{b, claimDestroyed}
	cases := map[string]struct {
		before []claim
		add    claim
		others []claim
	}{
		"first":                        {nil, created, nil},
		"two creates":                  {[]claim{created}, created, []claim{created}},
		"a create beside a kept one":   {[]claim{kept}, created, []claim{kept}},
		"a kept one after a create":    {[]claim{created}, kept, []claim{created}},
		"planned twice in replacement": {[]claim{{a, claimCreated}}, claim{a, claimCreated}, nil},
		"replaced in place":            {[]claim{kept}, claim{a, claimCreated}, nil},
		"created where one goes":       {[]claim{destroyed}, created, []claim{destroyed}},
		"one goes where one is made":   {[]claim{created}, destroyed, []claim{created}},
		"three":                        {[]claim{kept, created}, claim{c, claimKept}, []claim{kept, created}},
	}
	for name, test := range cases {
		var planned plannedLocations
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
	waited := make(chan error, 1)
	go func() {
		again, err := locks.lock(context.Background(), "a")
		if err == nil {
			again()
		}
		waited <- err
	}()
	unlock()
	if err := <-waited; err != nil {
		t.Error(err)
	}
}
