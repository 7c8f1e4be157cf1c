package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Users a token can belong to. Only the scraper may read the metrics.
const (
	scraper  = "scraper"
	stranger = "stranger"
)

// setTokens replaces the tokens that the stub API server knows: a comma between two; one
// that ends in "!" is the stranger's.
func (s *stubAPI) setTokens(list string) {
	accesses := map[string]bool{}
	for token := range strings.SplitSeq(list, ",") {
		if token = strings.TrimSpace(token); token != "" {
			name, denied := strings.CutSuffix(token, "!")
			accesses[name] = !denied
		}
	}
	s.mu.Lock()
	s.accesses = accesses
	s.mu.Unlock()
}

// serveTokens is the side port's way to rotate tokens: the body is the new list.
func (s *stubAPI) serveTokens(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.setTokens(string(body))
}

func (s *stubAPI) reviewToken(w http.ResponseWriter, r *http.Request) {
	var review authentication.TokenReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	s.mu.Lock()
	mayRead, known := s.accesses[review.Spec.Token]
	s.mu.Unlock()
	review.Status.Authenticated = known
	review.Status.User.Username = stranger
	if mayRead {
		review.Status.User.Username = scraper
	}
	respond(w, http.StatusCreated, review)
}

func (s *stubAPI) reviewAccess(w http.ResponseWriter, r *http.Request) {
	var review authorization.SubjectAccessReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	review.Status.Allowed = review.Spec.User == scraper
	respond(w, http.StatusCreated, review)
}
