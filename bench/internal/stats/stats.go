// Package stats has the few figures that the benchmarks tell.
package stats

import (
	"math"
	"slices"
)

// Median is the middle value, or the mean of the two in the middle. Of nothing it is not a number.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Ratio is the median of the ratios pair by pair: the machine may have been slower in one round than in another, but not within
// a pair. Rounds that only one of the two has do not count.
func Ratio(ours, theirs []float64) float64 {
	return Median(pairs(ours, theirs, func(a, b float64) float64 { return a / b }))
}

// Difference is the median of the differences pair by pair.
func Difference(ours, theirs []float64) float64 {
	return Median(pairs(ours, theirs, func(a, b float64) float64 { return a - b }))
}

func pairs(a, b []float64, of func(a, b float64) float64) []float64 {
	var values []float64
	for i := range min(len(a), len(b)) {
		values = append(values, of(a[i], b[i]))
	}
	return values
}

// Exponent says how y grows with x between two points: 1 is linear, 0 is not at all.
func Exponent(x1, y1, x2, y2 float64) float64 {
	return math.Log(y2/y1) / math.Log(x2/x1)
}
