// Command operator is a real operator for tests: controllers of every temper on
// controller-runtime, against an API server that is part of the program.
//
// It prints where its metrics and its own counts are once both answer, and runs until it is
// told to stop.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
)

// initialObjects are there for each controller before it starts.
const initialObjects = 10

// options are the command line, and what comes of it.
type options struct {
	metrics        string
	truth          string
	seed           int64
	quietAfter     time.Duration
	secure         bool
	certDir        string
	tokens         string
	reviews        string
	openMetrics    bool
	restMetrics    bool
	ownFamilies    bool
	leaderElection bool
	webhooks       bool
	medians        map[string]time.Duration

	webhookHost    string
	webhookPort    int
	webhookCertDir string
}

// setMedian takes another median for the reconciles of one controller.
func (o *options) setMedian(text string) error {
	name, value, _ := strings.Cut(text, "=")
	median, err := time.ParseDuration(value)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(behaviours, func(b behaviour) bool { return b.name == name }) {
		return fmt.Errorf("no controller %q", name)
	}
	o.medians[name] = median
	return nil
}

func parseOptions() (*options, error) {
	o := &options{medians: map[string]time.Duration{}}
	flag.StringVar(&o.metrics, "metrics", "127.0.0.1:0", "`address` of the metrics; port 0 = any free one")
	flag.StringVar(&o.truth, "truth", "127.0.0.1:0", "`address` of /truth and /tokens")
	flag.Int64Var(&o.seed, "seed", 1, "`number` that decides the luck of the controllers")
	flag.DurationVar(&o.quietAfter, "quiet-after", 0, "`time` after which nothing happens any more; 0 = never")
	flag.BoolVar(&o.secure, "secure", false, "metrics by HTTPS for holders of a token alone")
	flag.StringVar(&o.certDir, "cert-dir", "", "`folder` of tls.crt and tls.key for --secure; default: self-signed in memory")
	flag.StringVar(&o.tokens, "token", "", "valid `tokens`, separated by commas; one that ends in ! may not read metrics")
	flag.StringVar(&o.reviews, "reviews", "", "`kubeconfig` of the API server that knows the tokens; default: our own")
	flag.BoolVar(&o.openMetrics, "openmetrics", false, "offer OpenMetrics")
	flag.BoolVar(&o.restMetrics, "rest-metrics", false, "register all metrics of the API client")
	flag.BoolVar(&o.ownFamilies, "own-families", false, "own families, native histograms among them")
	flag.BoolVar(&o.leaderElection, "leader-election", false, "elect a leader first")
	flag.Func("median", "`CONTROLLER=TIME`: median of its reconciles instead of its own; repeatable", o.setMedian)
	flag.BoolVar(&o.webhooks, "webhooks", false, "serve two webhooks and ask them")
	flag.Parse()
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	return o, nil
}

// commonOptions are those that all releases of controller-runtime have.
func commonOptions(o *options) ctrl.Options {
	return ctrl.Options{
		Scheme:                        newScheme(),
		HealthProbeBindAddress:        "0",
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "memcached-operator.example.com",
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
	}
}

// release is the version of controller-runtime that was built in.
func release() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "sigs.k8s.io/controller-runtime" {
			return module.Version
		}
	}
	return "unknown"
}

// reserve fills in a port for port 0. controller-runtime's servers listen by address and do
// not tell which port they got. A socket that is bound and does not listen keeps the port from
// all who ask for any, and lets those in who ask for this one.
func reserve(address string) (string, error) {
	asked, err := netip.ParseAddrPort(address)
	if err != nil || !asked.Addr().Is4() {
		return "", fmt.Errorf("%s is not IPv4:PORT", address)
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return "", err
	}
	name := &syscall.SockaddrInet4{Addr: asked.Addr().As4(), Port: int(asked.Port())}
	if err := syscall.Bind(socket, name); err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	got, err := syscall.Getsockname(socket)
	if err != nil {
		return "", err
	}
	port := got.(*syscall.SockaddrInet4).Port
	return netip.AddrPortFrom(asked.Addr(), uint16(port)).String(), nil
}

// serveTruth answers on the side port until the program ends and returns its URL.
func serveTruth(o *options, truth *truth, api *stubAPI) (string, error) {
	listener, err := net.Listen("tcp", o.truth)
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /truth", truth)
	mux.HandleFunc("POST /tokens", api.serveTokens)
	mux.HandleFunc("GET /tokens", api.serveReviews)
	go func() { _ = http.Serve(listener, mux) }()
	return "http://" + listener.Addr().String() + "/truth", nil
}

// newOperator makes the manager with all controllers; nothing runs yet.
func newOperator(o *options, truth *truth, api *stubAPI) (ctrl.Manager, error) {
	apiURL, err := api.serve()
	if err != nil {
		return nil, err
	}
	managerOptions, err := managerOptions(o)
	if err != nil {
		return nil, err
	}
	// JSON, since the stub API server speaks nothing else.
	config := &rest.Config{Host: apiURL, QPS: 200, Burst: 300}
	config.ContentType = "application/json"
	mgr, err := ctrl.NewManager(config, managerOptions)
	if err != nil {
		return nil, err
	}
	for i, b := range behaviours {
		for number := range initialObjects {
			api.resize(b.name, objectName(number))
		}
		if median, ok := o.medians[b.name]; ok {
			b.median = median
		}
		if err := addController(mgr, b, truth, o.seed+int64(i)); err != nil {
			return nil, err
		}
	}
	if o.webhooks {
		addWebhooks(mgr, o.seed)
	}
	return mgr, nil
}

// live makes the world around the operator move, and end its movement.
func live(ctx context.Context, o *options, truth *truth, api *stubAPI) {
	for i, b := range behaviours {
		go makeEvents(ctx, b, api, truth, o.seed-int64(i))
	}
	if o.ownFamilies {
		go newFamilies().live(ctx, truth, o.seed)
	}
	if o.webhooks {
		go askWebhooks(ctx, o, truth)
	}
	if o.quietAfter > 0 {
		time.AfterFunc(o.quietAfter, truth.becomeQuiet)
	}
}

// announce prints the addresses once the metrics are served.
func announce(ctx context.Context, o *options, truthURL string) {
	for ctx.Err() == nil {
		connection, err := net.Dial("tcp", o.metrics)
		if err == nil {
			connection.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	scheme := "http"
	if o.secure {
		scheme = "https"
	}
	fmt.Printf("metrics %s://%s/metrics\ntruth %s\n", scheme, o.metrics, truthURL)
}

func run(ctx context.Context) error {
	o, err := parseOptions()
	if err != nil {
		return err
	}
	if o.metrics, err = reserve(o.metrics); err != nil {
		return err
	}
	if o.webhooks {
		err := prepareWebhooks(o)
		defer os.RemoveAll(o.webhookCertDir)
		if err != nil {
			return err
		}
	}
	truth := newTruth()
	api := newStubAPI(truth)
	api.setTokens(o.tokens)
	truthURL, err := serveTruth(o, truth, api)
	if err != nil {
		return err
	}
	mgr, err := newOperator(o, truth, api)
	if err != nil {
		return err
	}
	live(ctx, o, truth, api)
	go announce(ctx, o, truthURL)
	if err := mgr.Start(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func main() {
	ctrl.SetLogger(logr.Discard())
	if err := run(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}
