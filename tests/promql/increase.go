package main

import (
	"maps"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// restartSlack is by how much a start time must move to be another process's.
const restartSlack = 1.5

// increase is what histograms observed between two pages.
type increase struct {
	buckets map[float64]float64
	sum     float64
	count   float64
	native  *histogram.FloatHistogram // nil where not all have it
}

func restarted(now, before *page) bool {
	later := now.startedSeconds - before.startedSeconds
	return later > restartSlack && now.startedSeconds > float64(before.atMS)/1000-restartSlack
}

// reset tells whether a histogram has counted from 0 since the page before.
func reset(now, before *series) bool {
	if now.native != nil && before.native != nil {
		return now.createdMS != before.createdMS || now.native.DetectReset(before.native)
	}
	for bound, count := range before.buckets {
		if present, found := now.buckets[bound]; found && present < count {
			return true
		}
	}
	return now.count < before.count
}

// since is the increase of a series; before is nil where it counted from 0.
func since(now, before *series) (increase, error) {
	i := increase{buckets: maps.Clone(now.buckets), sum: now.sum, count: now.count}
	if now.native != nil {
		i.native = now.native.Copy()
	}
	if before == nil {
		return i, nil
	}
	for bound, count := range before.buckets {
		i.buckets[bound] -= count
	}
	i.sum -= before.sum
	i.count -= before.count
	if before.native == nil {
		i.native = nil
	}
	if i.native != nil {
		if _, _, _, err := i.native.Sub(before.native); err != nil {
			return i, err
		}
	}
	return i, nil
}

// add sums two increases; of the classic buckets those that both have are left.
func (i *increase) add(other increase) error {
	maps.DeleteFunc(i.buckets, func(bound, _ float64) bool {
		_, found := other.buckets[bound]
		return !found
	})
	for bound := range i.buckets {
		i.buckets[bound] += other.buckets[bound]
	}
	i.sum += other.sum
	i.count += other.count
	if i.native == nil || other.native == nil {
		i.native = nil
		return nil
	}
	_, _, _, err := i.native.Add(other.native)
	return err
}

// quantile asks Prometheus' own functions; NaN where they have no answer.
func (i *increase) quantile(q float64) float64 {
	if i.native != nil {
		value, _ := promql.HistogramQuantile(q, i.native.Copy().Compact(0), "",
			posrange.PositionRange{})
		return value
	}
	var buckets promql.Buckets
	for bound, count := range i.buckets {
		buckets = append(buckets, promql.Bucket{UpperBound: bound, Count: count})
	}
	value, _, _, _, _, _ := promql.BucketQuantile(q, buckets)
	return value
}

func (i *increase) mean() float64 {
	if i.count == 0 {
		return math.NaN()
	}
	return i.sum / i.count
}
