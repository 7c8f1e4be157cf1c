//go:build !old

package main

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// filterMetrics asks the API server of --reviews who may read the metrics, else our own.
func (o *options) filterMetrics(config *rest.Config, client *http.Client) (metricsserver.Filter, error) {
	if o.reviews == "" {
		return filters.WithAuthenticationAndAuthorization(config, client)
	}
	config, err := clientcmd.BuildConfigFromFlags("", o.reviews)
	if err != nil {
		return nil, err
	}
	if client, err = rest.HTTPClientFor(config); err != nil {
		return nil, err
	}
	return filters.WithAuthenticationAndAuthorization(config, client)
}

func managerOptions(o *options) (ctrl.Options, error) {
	if o.restMetrics {
		metrics.RegisterRESTClientMetrics(
			metrics.MetricRequestLatency, metrics.MetricDNSResolutionLatency,
			metrics.MetricRequestSize, metrics.MetricResponseSize,
			metrics.MetricRateLimiterLatency, metrics.MetricRequestRetry)
	}
	result := commonOptions(o)
	result.Metrics = metricsserver.Options{BindAddress: o.metrics, CertDir: o.certDir}
	if o.secure {
		result.Metrics.SecureServing = true
		result.Metrics.FilterProvider = o.filterMetrics
	}
	if o.openMetrics {
		result.Metrics.HandlerOpts = append(result.Metrics.HandlerOpts,
			func(h *promhttp.HandlerOpts) { h.EnableOpenMetrics = true })
	}
	result.WebhookServer = webhook.NewServer(webhook.Options{
		Host: o.webhookHost, Port: o.webhookPort, CertDir: o.webhookCertDir,
	})
	return result, nil
}

func controllerOptions(workers int) controller.Options {
	return controller.Options{MaxConcurrentReconciles: workers}
}

func terminalError(err error) error {
	return reconcile.TerminalError(err)
}

func isTerminal(err error) bool {
	return errors.Is(err, reconcile.TerminalError(nil))
}
