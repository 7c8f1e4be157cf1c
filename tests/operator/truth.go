package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// settledAfter is how long nothing may have happened before a quiet operator counts as
// settled: longer than any delay after which a controller comes back to an object.
const settledAfter = 2 * time.Second

// truth is what the operator counts itself, independent of the metrics library.
type truth struct {
	mu      sync.Mutex
	changed time.Time

	StartedMS   int64                       `json:"started_ms"`
	AtMS        int64                       `json:"at_ms"`
	Release     string                      `json:"release"`
	Quiet       bool                        `json:"quiet"`
	Settled     bool                        `json:"settled"`
	Controllers map[string]*controllerTruth `json:"controllers"`
	API         map[string]int              `json:"api"`
	Webhooks    map[string]map[string]int   `json:"webhooks,omitempty"`
	Families    map[string]*familyTruth     `json:"families,omitempty"`
}

// controllerTruth is one controller: reconciles begun, not ended yet, and ended by outcome.
type controllerTruth struct {
	MaxConcurrent int            `json:"max_concurrent"`
	Calls         int            `json:"calls"`
	Running       int            `json:"running"`
	Results       map[string]int `json:"results"`
	Seconds       float64        `json:"seconds"`
	Longest       float64        `json:"longest_seconds"`
}

// familyTruth is one of the operator's own families: observations or increments.
type familyTruth struct {
	Count int     `json:"count"`
	Sum   float64 `json:"sum"`
}

func newTruth() *truth {
	return &truth{
		changed:     time.Now(),
		StartedMS:   time.Now().UnixMilli(),
		Release:     release(),
		Controllers: map[string]*controllerTruth{},
		API:         map[string]int{},
		Webhooks:    map[string]map[string]int{},
		Families:    map[string]*familyTruth{},
	}
}

// count changes the truth under its lock.
func (t *truth) count(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed = time.Now()
	change()
}

func (t *truth) addController(name string, workers int) {
	t.count(func() {
		t.Controllers[name] = &controllerTruth{MaxConcurrent: workers, Results: map[string]int{}}
	})
}

// begin counts a reconcile as running until the function it returns is called.
func (t *truth) begin(name string) (end func(outcome string)) {
	start := time.Now()
	t.count(func() {
		t.Controllers[name].Calls++
		t.Controllers[name].Running++
	})
	return func(outcome string) {
		seconds := time.Since(start).Seconds()
		t.count(func() {
			c := t.Controllers[name]
			c.Running--
			c.Results[outcome]++
			c.Seconds += seconds
			c.Longest = max(c.Longest, seconds)
		})
	}
}

func (t *truth) apiRequest(what string) {
	t.count(func() { t.API[what]++ })
}

func (t *truth) webhook(path, code string) {
	t.count(func() {
		if t.Webhooks[path] == nil {
			t.Webhooks[path] = map[string]int{}
		}
		t.Webhooks[path][code]++
	})
}

func (t *truth) observed(family string, value float64) {
	t.count(func() {
		if t.Families[family] == nil {
			t.Families[family] = &familyTruth{}
		}
		t.Families[family].Count++
		t.Families[family].Sum += value
	})
}

func (t *truth) becomeQuiet() {
	t.count(func() { t.Quiet = true })
}

func (t *truth) isQuiet() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Quiet
}

func (t *truth) running() int {
	running := 0
	for _, c := range t.Controllers {
		running += c.Running
	}
	return running
}

// ServeHTTP answers with all of it as JSON.
func (t *truth) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.AtMS = time.Now().UnixMilli()
	t.Settled = t.Quiet && t.running() == 0 && time.Since(t.changed) > settledAfter
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(t); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
