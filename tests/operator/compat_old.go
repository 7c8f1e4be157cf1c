//go:build old

package main

import (
	"errors"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

func managerOptions(o *options) (ctrl.Options, error) {
	if o.secure || o.openMetrics || o.restMetrics {
		return ctrl.Options{}, errors.New(
			"this release has no --secure, --openmetrics and --rest-metrics")
	}
	result := commonOptions(o)
	result.MetricsBindAddress = o.metrics
	result.Host, result.Port, result.CertDir = o.webhookHost, o.webhookPort, o.webhookCertDir
	return result, nil
}

func controllerOptions(workers int) controller.Options {
	return controller.Options{MaxConcurrentReconciles: workers, RecoverPanic: new(true)}
}

// terminalError came with v0.15.0: here it is an error like any other.
func terminalError(err error) error {
	return err
}

func isTerminal(error) bool {
	return false
}
