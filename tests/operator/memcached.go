package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Memcached is the custom resource of this operator. It has no pointers of its own, so
// that the copies below need no generator.
type Memcached struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   MemcachedSpec   `json:"spec"`
	Status MemcachedStatus `json:"status"`
}

// MemcachedSpec is what the stub API server's events change.
type MemcachedSpec struct {
	Size int64 `json:"size"`
}

// MemcachedStatus is what the controllers write.
type MemcachedStatus struct {
	ObservedGeneration int64 `json:"observedGeneration"`
}

// MemcachedList is what a list returns.
type MemcachedList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Memcached `json:"items"`
}

const memcachedPlural = "memcacheds"

var memcachedGroup = schema.GroupVersion{Group: "cache.example.com", Version: "v1"}

func (m *Memcached) copy() *Memcached {
	out := *m
	m.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	return &out
}

// DeepCopyObject makes Memcached a runtime.Object.
func (m *Memcached) DeepCopyObject() runtime.Object {
	return m.copy()
}

// DeepCopyObject makes MemcachedList a runtime.Object.
func (l *MemcachedList) DeepCopyObject() runtime.Object {
	out := *l
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]Memcached, len(l.Items))
	for i := range l.Items {
		out.Items[i] = *l.Items[i].copy()
	}
	return &out
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(memcachedGroup, &Memcached{}, &MemcachedList{})
	metav1.AddToGroupVersion(scheme, memcachedGroup)
	return scheme
}
