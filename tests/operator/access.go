package main

import (
	"encoding/json"
	"fmt"
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

// hold makes reviews of unknown tokens wait until the next call.
func (s *stubAPI) hold(isWanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
	if isWanted {
		s.held = make(chan struct{})
	}
}

// serveTokens is the side port's way to rotate tokens: the body is the new list. With ?hold
// reviews of unknown tokens wait until there is another one.
func (s *stubAPI) serveTokens(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.setTokens(string(body))
	s.hold(r.URL.Query().Has("hold"))
}

// serveReviews tells of the reviews of unknown tokens.
func (s *stubAPI) serveReviews(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, "waiting %d, refused %d\n", s.waiting, s.refused)
}

// isKnown says whose a token is, in the time that hold allows.
func (s *stubAPI) isKnown(token string) (mayRead, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mayRead, known = s.accesses[token]
	if known {
		return mayRead, true
	}
	if held := s.held; held != nil {
		s.waiting++
		s.mu.Unlock()
		<-held
		s.mu.Lock()
		s.waiting--
	}
	s.refused++
	return false, false
}

func (s *stubAPI) reviewToken(w http.ResponseWriter, r *http.Request) {
	var review authentication.TokenReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	mayRead, known := s.isKnown(review.Spec.Token)
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
