//go:build !old

package main

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

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
		result.Metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
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
