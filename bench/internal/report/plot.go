package report

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// drawing draws a picture with that title into that file.
type drawing func(title, path string) error

type series struct {
	name   string
	points []point
}

// palette is told apart by those who do not see every color, too (Okabe and Ito). The first is ours.
var palette = []color.Color{
	color.RGBA{R: 213, G: 94, A: 255},
	color.RGBA{G: 114, B: 178, A: 255},
	color.RGBA{G: 158, B: 115, A: 255},
	color.RGBA{R: 204, G: 121, B: 167, A: 255},
	color.RGBA{R: 230, G: 159, A: 255},
	color.RGBA{R: 86, G: 180, B: 233, A: 255},
	color.RGBA{R: 90, G: 90, B: 90, A: 255},
	color.RGBA{R: 240, G: 228, B: 66, A: 255},
}

func shade(i int) color.Color { return palette[i%len(palette)] }

func newPlot(title string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = title
	p.Title.Padding = vg.Points(8)
	return p
}

// Where there is room beside the axes: letters may be wider in a viewer than they are here, and a legend stands at the right.
const (
	leftMargin   = 0.7 * vg.Centimeter
	rightMargin  = 0.5 * vg.Centimeter
	legendMargin = 6 * vg.Centimeter
)

// save writes an SVG whose letters every viewer has. The legend may be nil.
func save(p *plot.Plot, legend *plot.Legend, width, height vg.Length, path string) error {
	right := rightMargin
	if legend != nil {
		right = legendMargin
	}
	svg := vgsvg.New(width, height)
	canvas := draw.New(svg)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Path())
	p.Draw(draw.Crop(canvas, leftMargin, -right, 0, 0))
	if legend != nil {
		legend.Left, legend.Top, legend.Padding = true, true, vg.Points(2)
		legend.Draw(draw.Crop(canvas, width-right+rightMargin, 0, 0, -vg.Centimeter))
	}
	var out bytes.Buffer
	if _, err := svg.WriteTo(&out); err != nil {
		return err
	}
	text := strings.ReplaceAll(out.String(), "font-family:Liberation Sans", "font-family:Liberation Sans,Arial,Helvetica,sans-serif")
	return os.WriteFile(path, []byte(text), 0o644)
}

// bars are medians, each with the range from the least to the most. Those whose name begins with ours have another color.
func bars(unit, ours string, contestants []*result.Contestant, of func(result.Sample) float64) drawing {
	return func(title, path string) error {
		p := newPlot(title)
		p.X.Label.Text = unit
		p.X.Min = 0
		var names []string
		errors := &whiskers{}
		for i, who := range slices.Backward(contestants) { // the first one on top
			row := len(contestants) - 1 - i
			median := spread(float64(row), result.Values(who.Samples, of))
			if math.IsNaN(median.y) {
				median = point{x: float64(row)}
			}
			chart, err := plotter.NewBarChart(plotter.Values{median.y}, vg.Points(14))
			if err != nil {
				return err
			}
			chart.Horizontal, chart.XMin, chart.LineStyle.Width, chart.Color = true, median.x, 0, shade(1)
			if ours != "" && strings.HasPrefix(who.Name, "flink") {
				chart.Color = shade(0)
			}
			p.Add(chart)
			errors.points = append(errors.points, median)
			names = append(names, who.Name+"  "+figure(median.y)+"\u00a0\u00a0")
		}
		bounds, err := plotter.NewXErrorBars(errors)
		if err != nil {
			return err
		}
		p.Add(bounds)
		p.NominalY(names...)
		return save(p, nil, 18*vg.Centimeter, vg.Length(len(contestants))*vg.Points(24)+vg.Points(75), path)
	}
}

// whiskers are the ranges around the medians of bars.
type whiskers struct{ points []point }

func (w *whiskers) Len() int                    { return len(w.points) }
func (w *whiskers) XY(i int) (float64, float64) { return w.points[i].y, w.points[i].x }
func (w *whiskers) XError(i int) (float64, float64) {
	return w.points[i].least - w.points[i].y, w.points[i].most - w.points[i].y
}

// groups are bars beside each other: a group for each case without X, a color for each contestant.
func groups(cases []*result.Case, who []string, of func(result.Sample) float64) drawing {
	return func(title, path string) error {
		p := newPlot(title)
		p.Y.Min = 0
		var titles []string
		all := make([]plotter.Values, len(who))
		for _, c := range cases {
			if c.X != 0 {
				continue
			}
			titles = append(titles, c.Title)
			for i, name := range who {
				value := spread(0, result.Values(c.Of(name), of)).y
				if math.IsNaN(value) {
					value = 0
				}
				all[i] = append(all[i], value)
			}
		}
		legend := plot.NewLegend()
		width := vg.Points(10)
		for i, values := range all {
			chart, err := plotter.NewBarChart(values, width)
			if err != nil {
				return err
			}
			chart.LineStyle.Width, chart.Color = 0, shade(i)
			chart.Offset = width * vg.Length(2*i-len(who)+1) / 2
			p.Add(chart)
			legend.Add(who[i], chart)
		}
		p.NominalX(titles...)
		return save(p, &legend, 26*vg.Centimeter, 9*vg.Centimeter, path)
	}
}

// curves have logarithms on both axes: a straight line that climbs by one decade in each is linear growth.
func curves(xLabel, yLabel string, all []series) drawing {
	return func(title, path string) error {
		p := newPlot(title)
		p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
		p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
		p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
		if xLabel == "bytes" {
			p.X.Tick.Marker = powersOfTwo{}
		}
		p.Add(plotter.NewGrid())
		legend := plot.NewLegend()
		least, most := math.Inf(1), 0.0
		for i, s := range all {
			var xys plotter.XYs
			for _, at := range s.points {
				if at.x > 0 && at.y > 0 {
					xys = append(xys, plotter.XY{X: at.x, Y: at.y})
					least, most = min(least, at.y), max(most, at.y)
				}
			}
			if len(xys) == 0 {
				continue
			}
			line, dots, err := plotter.NewLinePoints(xys)
			if err != nil {
				return err
			}
			line.Color, line.Width, dots.Color, dots.Shape = shade(i), vg.Points(1.5), shade(i), draw.CircleGlyph{}
			p.Add(line, dots)
			legend.Add(s.name, line, dots)
		}
		if most == 0 {
			p.X.Scale, p.Y.Scale = plot.LinearScale{}, plot.LinearScale{}
			p.X.Tick.Marker, p.Y.Tick.Marker = plot.DefaultTicks{}, plot.DefaultTicks{}
			return save(p, nil, 18*vg.Centimeter, 9*vg.Centimeter, path)
		}
		// Whole decades, so that what is flat looks flat.
		p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most*1.01)))
		return save(p, &legend, 23*vg.Centimeter, 10*vg.Centimeter, path)
	}
}

// powersOfTwo ticks sizes as one says them.
type powersOfTwo struct{}

// Ticks has one tick for each factor of eight.
func (powersOfTwo) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for x := float64(1 << 20); x <= most*1.01; x *= 8 {
		if x >= least*0.99 {
			ticks = append(ticks, plot.Tick{Value: x, Label: amount(x, "bytes")})
		}
	}
	return ticks
}
