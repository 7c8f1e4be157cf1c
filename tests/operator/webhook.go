package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const (
	validatePath = "/validate-cache-example-com-v1-memcached"
	mutatePath   = "/mutate-cache-example-com-v1-memcached"
)

// prepareWebhooks finds a port for the webhooks and makes their certificate in a folder,
// which the caller removes.
func prepareWebhooks(o *options) error {
	address, err := reserve("127.0.0.1:0")
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	o.webhookHost = host
	if o.webhookPort, err = strconv.Atoi(port); err != nil {
		return err
	}
	if o.webhookCertDir, err = os.MkdirTemp("", "operator-webhooks-"); err != nil {
		return err
	}
	return makeCertificate(o.webhookCertDir)
}

func makeCertificate(folder string) error {
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost",
		[]net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "tls.key"), key, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "tls.crt"), certificate, 0o600)
}

// addWebhooks registers a quick path that denies now and then and a slow one.
func addWebhooks(mgr ctrl.Manager, seed int64) {
	dice := newDice(seed)
	register := func(path string, median time.Duration, refusals float64) {
		mgr.GetWebhookServer().Register(path, &webhook.Admission{Handler: admission.HandlerFunc(
			func(context.Context, admission.Request) admission.Response {
				time.Sleep(time.Duration(dice.lognormal(float64(median), 0.7)))
				return admission.ValidationResponse(dice.uniform() >= refusals, "")
			})})
	}
	register(validatePath, time.Millisecond, 0.1)
	register(mutatePath, 40*time.Millisecond, 0)
}

// askWebhooks is the API server's side: it asks each path until the operator is quiet.
func askWebhooks(ctx context.Context, o *options, truth *truth) {
	// The certificate is our own and nobody signed it.
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	server := fmt.Sprintf("https://%s:%d", o.webhookHost, o.webhookPort)
	review, _ := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &admissionv1.AdmissionRequest{UID: "1", Operation: admissionv1.Update},
	})
	repeat(ctx, truth, 200*time.Millisecond, func() {
		for _, path := range []string{validatePath, mutatePath} {
			answer, err := client.Post(server+path, "application/json", bytes.NewReader(review))
			if err != nil {
				continue // not there yet
			}
			answer.Body.Close()
			truth.webhook(path, strconv.Itoa(answer.StatusCode))
		}
	})
}
