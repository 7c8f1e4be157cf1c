package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// behaviour is one controller's table row: how much it has to do and how it goes about it.
type behaviour struct {
	name            string
	workers         int
	objects         int // that its events choose from
	eventsPerSecond float64
	median          time.Duration // of a reconcile
	sigma           float64       // of the logarithm of its duration
	finish          func(dice *dice) (ctrl.Result, error)
}

var errUnlucky = errors.New("the controller fails by design")

// behaviours are the controllers of this operator, each in a namespace of its name.
var behaviours = []behaviour{
	{"healthy", 2, 20, 5, 20 * time.Millisecond, 0.4, succeed},
	{"quick", 4, 40, 20, time.Millisecond, 0.8, succeed},
	{"slow", 2, 10, 3, 300 * time.Millisecond, 1, succeed},
	{"growing", 1, 2000, 10, 250 * time.Millisecond, 0.3, succeed},
	{"failing", 1, 20, 5, 5 * time.Millisecond, 0.5, func(dice *dice) (ctrl.Result, error) {
		return ctrl.Result{}, dice.unlucky(0.3, errUnlucky)
	}},
	{"terminal", 1, 20, 4, 5 * time.Millisecond, 0.5, func(dice *dice) (ctrl.Result, error) {
		return ctrl.Result{}, dice.unlucky(0.2, terminalError(errUnlucky))
	}},
	{"panicking", 1, 20, 4, 5 * time.Millisecond, 0.5, func(dice *dice) (ctrl.Result, error) {
		if err := dice.unlucky(0.1, errUnlucky); err != nil {
			panic(err)
		}
		return ctrl.Result{}, nil
	}},
	{"requeue", 1, 10, 2, 5 * time.Millisecond, 0.5, func(dice *dice) (ctrl.Result, error) {
		return ctrl.Result{Requeue: dice.uniform() < 0.4}, nil
	}},
	{"requeue-after", 1, 10, 2, 5 * time.Millisecond, 0.5, func(dice *dice) (ctrl.Result, error) {
		after := time.Duration(dice.uniform() * float64(time.Second))
		return ctrl.Result{RequeueAfter: after}, nil
	}},
}

func succeed(*dice) (ctrl.Result, error) {
	return ctrl.Result{}, nil
}

// dice is a random source that several workers may throw.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newDice(seed int64) *dice {
	return &dice{random: rand.New(rand.NewSource(seed))}
}

func (d *dice) uniform() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64()
}

func (d *dice) lognormal(median, sigma float64) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return median * math.Exp(sigma*d.random.NormFloat64())
}

func (d *dice) unlucky(probability float64, err error) error {
	if d.uniform() < probability {
		return err
	}
	return nil
}

type reconciler struct {
	behaviour
	client client.Client
	truth  *truth
	dice   *dice
}

// Reconcile does the work and counts how it ended; a panic goes on to controller-runtime.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	outcome := "panic"
	end := r.truth.begin(r.name)
	defer func() { end(outcome) }()

	result, err := r.work(ctx, request)
	outcome = outcomeOf(result, err)
	return result, err
}

func outcomeOf(result ctrl.Result, err error) string {
	switch {
	case err != nil && isTerminal(err):
		return "terminal"
	case err != nil:
		return "error"
	case result.RequeueAfter > 0:
		return "requeue_after"
	case result.Requeue:
		return "requeue"
	}
	return "success"
}

// work takes its time, writes the status and ends as its behaviour says. A quiet operator
// has nothing to do any more, so that queues run empty and nothing comes back.
func (r *reconciler) work(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	if r.truth.isQuiet() {
		return ctrl.Result{}, nil
	}
	time.Sleep(time.Duration(r.dice.lognormal(float64(r.median), r.sigma)))

	var object Memcached
	if err := r.client.Get(ctx, request.NamespacedName, &object); err != nil {
		return ctrl.Result{}, fmt.Errorf("read: %w", err)
	}
	object.Status.ObservedGeneration = object.Generation
	if err := r.client.Status().Update(ctx, &object); err != nil {
		return ctrl.Result{}, fmt.Errorf("write the status: %w", err)
	}
	return r.finish(r.dice)
}

// addController sets a controller up; its events are those of the namespace of its name.
func addController(mgr ctrl.Manager, b behaviour, truth *truth, seed int64) error {
	truth.addController(b.name, b.workers)
	mine := predicate.NewPredicateFuncs(func(object client.Object) bool {
		return object.GetNamespace() == b.name
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named(b.name).
		For(&Memcached{}, builder.WithPredicates(mine, predicate.GenerationChangedPredicate{})).
		WithOptions(controllerOptions(b.workers)).
		Complete(&reconciler{b, mgr.GetClient(), truth, newDice(seed)})
}

// makeEvents changes objects of one controller at its pace until the operator is quiet.
func makeEvents(ctx context.Context, b behaviour, api *stubAPI, truth *truth, seed int64) {
	dice := newDice(seed)
	pause := time.Duration(float64(time.Second) / b.eventsPerSecond)
	repeat(ctx, truth, pause, func() {
		api.resize(b.name, objectName(int(dice.uniform()*float64(b.objects))))
	})
}

func objectName(number int) string {
	return fmt.Sprintf("cache-%d", number)
}

// repeat calls do at a steady pace until the operator is quiet or ends.
func repeat(ctx context.Context, truth *truth, pause time.Duration, do func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for !truth.isQuiet() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}
