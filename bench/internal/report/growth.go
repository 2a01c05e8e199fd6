package report

import (
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// growth is a row for each point, and curves.
func (w *writer) growth(m *result.Measurement) error {
	type wanted struct {
		prefix, who, head string
		of                func(result.Sample) float64
	}
	list := []wanted{
		{"apply-", flink, "apply, s", seconds},
		{"apply-", flink, "provider's CPU s", pluginCPU},
		{"apply-", flink, "provider's peak, MiB", pluginPeak},
		{"apply-", "mc", "mc, s", seconds},
	}
	unit := "bytes"
	if m.Name == "growth-count" {
		unit = "artifacts"
		list = []wanted{
			{"apply-", flink, "apply, s", seconds},
			{"apply-", alone, "Terraform alone, s", seconds},
			{"plan-", flink, "plan, s", seconds},
			{"plan-", alone, "Terraform alone, s", seconds},
			{"apply-", flink, "provider's CPU s at apply", pluginCPU},
			{"plan-", flink, "at plan", pluginCPU},
			{"requests-", flink, "requests of the plan", requests},
			{"apply-", flink, "provider's peak at apply, MiB", pluginPeak},
			{"plan-", flink, "at plan, MiB", pluginPeak},
		}
	}
	head := []string{unit}
	for _, l := range list {
		head = append(head, l.head)
	}
	w.table(head, func(row func(...string)) {
		for _, at := range widest(m) {
			cells := []string{amount(at.x, unit)}
			for _, l := range list {
				cell := ""
				for _, p := range curve(m, l.prefix, l.who, l.of) {
					if p.x == at.x {
						cell = figure(p.y)
					}
				}
				cells = append(cells, cell)
			}
			row(cells...)
		}
	})
	time := []series{{"apply", curve(m, "apply-", flink, seconds)}, {"mc", curve(m, "apply-", "mc", seconds)}}
	if m.Name == "growth-count" {
		time = []series{
			{"apply", curve(m, "apply-", flink, seconds)},
			{"apply, " + alone, curve(m, "apply-", alone, seconds)},
			{"plan", curve(m, "plan-", flink, seconds)},
			{"plan, " + alone, curve(m, "plan-", alone, seconds)},
		}
		if err := w.picture(m, "requests", "Requests of a plan without changes", curves(unit, "requests", []series{{flink, curve(m, "requests-", flink, requests)}})); err != nil {
			return err
		}
	}
	if err := w.picture(m, "time", "Time", curves(unit, "seconds", time)); err != nil {
		return err
	}
	memory := []series{{"apply", curve(m, "apply-", flink, pluginPeak)}, {"plan", curve(m, "plan-", flink, pluginPeak)}}
	return w.picture(m, "memory", "Peak of the provider's memory", curves(unit, "MiB", memory))
}

// widest are the points of the curve that has most of them.
func widest(m *result.Measurement) []point {
	apply, plan := curve(m, "apply-", flink, seconds), curve(m, "plan-", flink, seconds)
	if len(plan) > len(apply) {
		return plan
	}
	return apply
}
