package stats_test

import (
	"math"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/stats"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{7}, 7},
	} {
		before := append([]float64{}, test.values...)
		if got := stats.Median(test.values); got != test.want {
			t.Errorf("the median of %v is %v, not %v", test.values, got, test.want)
		}
		for i := range before {
			if before[i] != test.values[i] {
				t.Fatalf("the values were put into another order: %v, before %v", test.values, before)
			}
		}
	}
	if got := stats.Median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

// The machine was three times slower in the last two rounds, and both pairs there are as apart as in the first one: a ratio of medians
// would say something else.
func TestRatioIsPairByPair(t *testing.T) {
	ours, theirs := []float64{1, 3, 3}, []float64{2, 2, 6}
	if got := stats.Ratio(ours, theirs); got != 0.5 {
		t.Errorf("Ratio = %v, not 0.5", got)
	}
	if got := stats.Difference(ours, theirs); got != -1 {
		t.Errorf("Difference = %v, not -1", got)
	}
	if got := stats.Ratio(ours, []float64{4}); got != 0.25 {
		t.Errorf("with one pair Ratio = %v, not 0.25", got)
	}
	if got := stats.Ratio(ours, nil); !math.IsNaN(got) {
		t.Errorf("without pairs Ratio = %v", got)
	}
}

func TestExponent(t *testing.T) {
	for _, test := range []struct{ y2, want float64 }{{100, 1}, {10, 0}, {1000, 2}} {
		if got := stats.Exponent(1, 10, 10, test.y2); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("from 10 to %v over a decade: %v, not %v", test.y2, got, test.want)
		}
	}
}
