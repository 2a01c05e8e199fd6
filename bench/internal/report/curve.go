package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/stats"
)

// point is a median, with the least and the most.
type point struct{ x, y, least, most float64 }

// curve is one figure of one contestant over all cases whose keys begin so, by X.
func curve(m *result.Measurement, prefix, who string, of func(result.Sample) float64) []point {
	if m == nil {
		return nil
	}
	var points []point
	for _, c := range m.Cases {
		if !strings.HasPrefix(c.Key, prefix) || c.X == 0 {
			continue
		}
		if p := spread(c.X, result.Values(c.Of(who), of)); !math.IsNaN(p.y) {
			points = append(points, p)
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	return points
}

func spread(x float64, values []float64) point {
	p := point{x: x, y: stats.Median(values)}
	if len(values) > 0 {
		p.least, p.most = slices.Min(values), slices.Max(values)
	}
	return p
}
