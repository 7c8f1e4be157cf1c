package main

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// named is how the values of a histogram family are called: a prefix, and the label whose
// value follows. Series that differ in other labels are summed.
type named struct {
	prefix  string
	subject string
	hasMean bool
}

var families = map[string]named{
	"controller_runtime_reconcile_time_seconds":  {"latency-reconcile", "controller", true},
	"controller_runtime_webhook_latency_seconds": {"latency-webhook", "webhook", true},
	"go_sched_latencies_seconds":                 {"latency-scheduler", "", false},
	"go_sched_pauses_total_gc_seconds":           {"latency-gc_pause", "", false},
	"rest_client_rate_limiter_duration_seconds":  {"latency-api_throttle", "verb", true},
	"rest_client_request_duration_seconds":       {"latency-api_request", "verb", true},
	"workqueue_queue_duration_seconds":           {"latency-queue", "name", true},
	"workqueue_work_duration_seconds":            {"latency-work", "name", true},
}

// instead are families that are used only where a page lacks another.
var instead = map[string]string{"go_gc_pauses_seconds": "go_sched_pauses_total_gc_seconds"}

// longestSubject is the longest subject of an identifier, in bytes.
const longestSubject = 90

var unusual = regexp.MustCompile(`[^A-Za-z0-9._:-]`)

// prefixOf is what the identifiers of a series' values begin with, and whether its mean is
// one of them; empty where the series is not sent.
func prefixOf(p *page, s *series) (prefix string, hasMean bool) {
	if preferred := instead[s.family]; preferred != "" {
		if p.families[preferred] {
			return "", false
		}
		return families[preferred].prefix, false
	}
	name, found := families[s.family]
	switch {
	case !found:
		return typeOf(s) + "-" + shortened(s.family+values(s.labels)), true
	case name.subject == "":
		return name.prefix, name.hasMean
	}
	return name.prefix + "-" + shortened(escaped(s.labels.Get(name.subject))), name.hasMean
}

// typeOf is the type of a family that the project does not know by name.
func typeOf(s *series) string {
	for bound := range s.buckets {
		if bound < 0 {
			return "gauge"
		}
	}
	if strings.HasSuffix(s.family, "_seconds") {
		return "latency"
	}
	return "gauge"
}

// values are the values of all labels in the order of their names.
func values(all labels.Labels) string {
	var joined strings.Builder
	all.Range(func(label labels.Label) {
		joined.WriteString("-" + escaped(label.Value))
	})
	return joined.String()
}

func escaped(subject string) string {
	if subject == "" {
		return "_"
	}
	return unusual.ReplaceAllString(subject, "_")
}

// shortened makes a long subject end in its hash.
func shortened(subject string) string {
	if len(subject) <= longestSubject {
		return subject
	}
	hash := fnv.New32a()
	hash.Write([]byte(subject))
	return fmt.Sprintf("%s_%08x", subject[:longestSubject-9], hash.Sum32())
}
