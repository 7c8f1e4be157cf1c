package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// stubAPI is an API server as far as this operator needs one: discovery; get, list, watch,
// create and update of whatever is stored; reviews of tokens and access. It keeps objects
// as JSON and knows nothing of their types, except that a new size is a new generation.
//
// Nothing is ever deleted, so a watch needs no history: it sends each object that is newer
// than what it has sent before.
type stubAPI struct {
	truth *truth

	mu       sync.Mutex
	version  int64
	objects  map[string]*unstructured.Unstructured // by RESOURCE/NAMESPACE/NAME
	changed  chan struct{}                         // closed at the next change
	writes   int
	accesses map[string]bool // by token: may it read the metrics?
	held     chan struct{}   // reviews of unknown tokens wait until it is closed; nil: they do not
	waiting  int             // reviews that wait
	refused  int             // reviews of unknown tokens that were answered
}

// initialEventsEnd tells a client that a watch has sent what a list would have.
const initialEventsEnd = "k8s.io/initial-events-end"

func newStubAPI(truth *truth) *stubAPI {
	return &stubAPI{
		truth:    truth,
		objects:  map[string]*unstructured.Unstructured{},
		changed:  make(chan struct{}),
		accesses: map[string]bool{},
	}
}

// serve answers on loopback until the program ends and returns the server's URL.
func (s *stubAPI) serve() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("stub API server: %w", err)
	}
	go func() { _ = http.Serve(listener, s.counted(s.routes())) }()
	return "http://" + listener.Addr().String(), nil
}

func (s *stubAPI) routes() http.Handler {
	const collection = "/{root}/{group}/{version}/namespaces/{namespace}/{resource}"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api", fixed(metav1.APIVersions{Versions: []string{"v1"}}))
	mux.HandleFunc("GET /api/v1", fixed(metav1.APIResourceList{GroupVersion: "v1"}))
	mux.HandleFunc("GET /apis", fixed(metav1.APIGroupList{Groups: []metav1.APIGroup{ourGroup()}}))
	mux.HandleFunc("GET /apis/"+memcachedGroup.Group, fixed(ourGroup()))
	mux.HandleFunc("GET /apis/"+memcachedGroup.String(), fixed(ourResources()))
	mux.HandleFunc("GET /{root}/{group}/{version}/{resource}", s.listOrWatch)
	mux.HandleFunc("POST /api/v1/namespaces/{namespace}/{resource}", s.create)
	mux.HandleFunc("POST "+collection, s.create)
	mux.HandleFunc("GET "+collection+"/{name}", s.get)
	mux.HandleFunc("PUT "+collection+"/{name}", s.update)
	mux.HandleFunc("PUT "+collection+"/{name}/status", s.updateStatus)
	mux.HandleFunc("POST /apis/authentication.k8s.io/v1/tokenreviews", s.reviewToken)
	mux.HandleFunc("POST /apis/authorization.k8s.io/v1/subjectaccessreviews", s.reviewAccess)
	return mux
}

func ourGroup() metav1.APIGroup {
	version := metav1.GroupVersionForDiscovery{
		GroupVersion: memcachedGroup.String(), Version: memcachedGroup.Version,
	}
	return metav1.APIGroup{
		Name:             memcachedGroup.Group,
		Versions:         []metav1.GroupVersionForDiscovery{version},
		PreferredVersion: version,
	}
}

func ourResources() metav1.APIResourceList {
	verbs := metav1.Verbs{"get", "list", "watch", "update"}
	return metav1.APIResourceList{
		GroupVersion: memcachedGroup.String(),
		APIResources: []metav1.APIResource{
			{Name: memcachedPlural, Kind: "Memcached", Namespaced: true, Verbs: verbs},
			{Name: memcachedPlural + "/status", Kind: "Memcached", Namespaced: true, Verbs: verbs},
		},
	}
}

// answered remembers the status of an answer for the truth.
type answered struct {
	http.ResponseWriter
	count func(status int)
	once  sync.Once
}

func (a *answered) WriteHeader(status int) {
	a.once.Do(func() { a.count(status) })
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush a watch.
func (a *answered) Unwrap() http.ResponseWriter {
	return a.ResponseWriter
}

// counted counts each request by METHOD STATUS, before the client can see the answer.
func (s *stubAPI) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count := func(status int) { s.truth.apiRequest(fmt.Sprintf("%s %d", r.Method, status)) }
		next.ServeHTTP(&answered{ResponseWriter: w, count: count}, r)
	})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone needs no answer
}

func refuse(w http.ResponseWriter, status int, reason metav1.StatusReason) {
	respond(w, status, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure,
		Code:     int32(status),
		Reason:   reason,
		Message:  "the stub API server says " + string(reason),
	})
}

func fixed(body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, body) }
}

func key(resource, namespace, name string) string {
	return resource + "/" + namespace + "/" + name
}

func keyOf(r *http.Request) string {
	return key(r.PathValue("resource"), r.PathValue("namespace"), r.PathValue("name"))
}

// put stores an object under the next version and wakes the watches.
func (s *stubAPI) put(key string, object *unstructured.Unstructured) {
	s.version++
	object.SetResourceVersion(strconv.FormatInt(s.version, 10))
	s.objects[key] = object
	close(s.changed)
	s.changed = make(chan struct{})
}

// resize is the event of this operator's world: somebody creates a Memcached or changes its
// size.
func (s *stubAPI) resize(namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key(memcachedPlural, namespace, name)
	object := newObject(namespace, name)
	if stored, found := s.objects[at]; found {
		object = stored.DeepCopy()
	}
	generation := object.GetGeneration() + 1
	object.SetGeneration(generation)
	object.Object["spec"] = map[string]any{"size": generation}
	s.put(at, object)
}

func newObject(namespace, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": memcachedGroup.String(),
		"kind":       "Memcached",
		"status":     map[string]any{},
	}}
	object.SetNamespace(namespace)
	object.SetName(name)
	return object
}

// newerThan returns the objects of a resource changed after a version, oldest change first,
// the present version, and what is closed at the next change.
func (s *stubAPI) newerThan(resource string, version int64) (
	newer []*unstructured.Unstructured, now int64, changed <-chan struct{},
) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, object := range s.objects {
		if strings.HasPrefix(key, resource+"/") && versionOf(object) > version {
			newer = append(newer, object)
		}
	}
	sort.Slice(newer, func(a, b int) bool { return versionOf(newer[a]) < versionOf(newer[b]) })
	return newer, s.version, s.changed
}

func versionOf(object *unstructured.Unstructured) int64 {
	version, _ := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	return version
}

func (s *stubAPI) listOrWatch(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("watch") == "true" || r.FormValue("watch") == "1" {
		s.watch(w, r)
		return
	}
	objects, version, _ := s.newerThan(r.PathValue("resource"), 0)
	list := unstructured.UnstructuredList{Object: map[string]any{
		"apiVersion": memcachedGroup.String(), "kind": "MemcachedList",
	}}
	list.SetResourceVersion(strconv.FormatInt(version, 10))
	for _, object := range objects {
		list.Items = append(list.Items, *object)
	}
	respond(w, http.StatusOK, list.UnstructuredContent())
}

type watchEvent struct {
	Type   string         `json:"type"`
	Object map[string]any `json:"object"`
}

// watch sends changes until the client goes, before them, if asked, all that is there and
// the mark that says so.
func (s *stubAPI) watch(w http.ResponseWriter, r *http.Request) {
	sent, _ := strconv.ParseInt(r.FormValue("resourceVersion"), 10, 64)
	initial := r.FormValue("sendInitialEvents") == "true"
	if initial {
		sent = 0
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	encoder, flusher := json.NewEncoder(w), http.NewResponseController(w)
	for {
		objects, now, changed := s.newerThan(r.PathValue("resource"), sent)
		for _, object := range objects {
			_ = encoder.Encode(watchEvent{"MODIFIED", object.Object})
		}
		if initial {
			_ = encoder.Encode(watchEvent{"BOOKMARK", initialEventsMark(now)})
			initial = false
		}
		if flusher.Flush() != nil {
			return
		}
		sent = now
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func initialEventsMark(version int64) map[string]any {
	mark := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": memcachedGroup.String(), "kind": "Memcached",
	}}
	mark.SetResourceVersion(strconv.FormatInt(version, 10))
	mark.SetAnnotations(map[string]string{initialEventsEnd: "true"})
	return mark.Object
}

func (s *stubAPI) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	object, found := s.objects[keyOf(r)]
	s.mu.Unlock()
	if !found {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	respond(w, http.StatusOK, object.Object)
}

func (s *stubAPI) create(w http.ResponseWriter, r *http.Request) {
	object := &unstructured.Unstructured{}
	if err := json.NewDecoder(r.Body).Decode(&object.Object); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	s.mu.Lock()
	s.put(key(r.PathValue("resource"), r.PathValue("namespace"), object.GetName()), object)
	s.mu.Unlock()
	respond(w, http.StatusCreated, object.Object)
}

func (s *stubAPI) update(w http.ResponseWriter, r *http.Request) {
	s.replace(w, r, func(_, sent *unstructured.Unstructured) *unstructured.Unstructured {
		return sent
	})
}

func (s *stubAPI) updateStatus(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("namespace") != spared && s.trouble(w) {
		return
	}
	s.replace(w, r, func(stored, sent *unstructured.Unstructured) *unstructured.Unstructured {
		merged := stored.DeepCopy()
		merged.Object["status"] = sent.Object["status"]
		return merged
	})
}

// spared is the namespace of the controller that has no trouble of any kind.
const spared = "healthy"

// trouble is the bad luck every client of an API server meets now and then.
func (s *stubAPI) trouble(w http.ResponseWriter) bool {
	s.mu.Lock()
	s.writes++
	write := s.writes
	s.mu.Unlock()
	switch {
	case write%67 == 0:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests)
	case write%41 == 0:
		refuse(w, http.StatusInternalServerError, metav1.StatusReasonInternalError)
	default:
		return false
	}
	return true
}

// replace stores what merge makes of the stored and the sent object, unless the sent one is
// of an older version: that is a conflict.
func (s *stubAPI) replace(w http.ResponseWriter, r *http.Request,
	merge func(stored, sent *unstructured.Unstructured) *unstructured.Unstructured,
) {
	sent := &unstructured.Unstructured{}
	if err := json.NewDecoder(r.Body).Decode(&sent.Object); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, found := s.objects[keyOf(r)]
	switch {
	case !found:
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
	case sent.GetResourceVersion() != stored.GetResourceVersion():
		refuse(w, http.StatusConflict, metav1.StatusReasonConflict)
	default:
		merged := merge(stored, sent)
		s.put(keyOf(r), merged)
		respond(w, http.StatusOK, merged.Object)
	}
}
