package main

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// families are the operator's own: each kind of histogram a library can offer.
type families struct {
	commands  *prometheus.HistogramVec // native and classic
	offsets   prometheus.Histogram     // native alone, with negative and zero observations
	crowded   prometheus.Histogram     // native, so wide that it must halve its resolution
	flushes   prometheus.Histogram     // native, so wide that it starts anew every second
	values    prometheus.Histogram     // classic alone
	evictions *prometheus.CounterVec
	items     prometheus.Gauge
}

func newFamilies() *families {
	f := &families{
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "memcached_command_seconds", Help: "Time of a command.",
			Buckets:                     []float64{0.001, 0.01, 0.1, 1},
			NativeHistogramBucketFactor: 1.1,
		}, []string{"command"}),
		offsets: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memcached_clock_offset_seconds", Help: "How far the node's clock is ahead.",
			NativeHistogramBucketFactor:  1.5,
			NativeHistogramZeroThreshold: 0.001,
		}),
		crowded: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memcached_key_age_seconds", Help: "Age of a key when it is evicted.",
			Buckets:                        []float64{1, 60, 3600},
			NativeHistogramBucketFactor:    1.1,
			NativeHistogramMaxBucketNumber: 30,
			// The first time the limit is met the resolution halves instead.
			NativeHistogramMinResetDuration: time.Hour,
		}),
		flushes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memcached_flush_seconds", Help: "Time of a flush.",
			Buckets:                         prometheus.DefBuckets,
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  30,
			NativeHistogramMinResetDuration: time.Second,
		}),
		values: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memcached_value_bytes", Help: "Size of a value.",
			Buckets: prometheus.ExponentialBuckets(64, 4, 8),
		}),
		evictions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "memcached_evictions_total", Help: "Keys evicted.",
		}, []string{"reason"}),
		items: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "memcached_items", Help: "Keys stored.",
		}),
	}
	metrics.Registry.MustRegister(f.commands, f.offsets, f.crowded, f.flushes, f.values,
		f.evictions, f.items)
	return f
}

// live feeds the families until the operator is quiet.
func (f *families) live(ctx context.Context, truth *truth, seed int64) {
	dice := newDice(seed)
	observe := func(observer prometheus.Observer, name string, value float64) {
		observer.Observe(value)
		truth.observed(name, value)
	}
	repeat(ctx, truth, 10*time.Millisecond, func() {
		get, set := dice.lognormal(0.002, 1), dice.lognormal(0.02, 1.5)
		observe(f.commands.WithLabelValues("get"), "memcached_command_seconds", get)
		observe(f.commands.WithLabelValues("set"), "memcached_command_seconds", set)
		offset := math.Round((dice.uniform()-0.5)*100) / 1000
		observe(f.offsets, "memcached_clock_offset_seconds", offset)
		observe(f.crowded, "memcached_key_age_seconds", dice.lognormal(60, 3))
		// What a histogram forgets is lost to whoever reads it: not for the truth.
		f.flushes.Observe(dice.lognormal(0.1, 3))
		observe(f.values, "memcached_value_bytes", math.Round(dice.lognormal(2000, 2)))
		f.evictions.WithLabelValues("expired").Inc()
		truth.observed("memcached_evictions_total", 1)
		f.items.Set(math.Round(dice.uniform() * 1000))
	})
}
