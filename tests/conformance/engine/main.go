// Runs Applications through Argo CD's sync engine itself, against a cluster that is not there.
//
// Reads JSON lines {"namespace": "...", "objects": [...]} and prints for each a line with the steps:
// [{"phase", "wave", "final", "batches": [["Kind/name", ...], ...]}, ...]. All that a step applies
// is called healthy before the next.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sort"
	"strings"
	"sync"

	engine "github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/kube/kubetest"
	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/openapi"
)

type application struct {
	Namespace string                   `json:"namespace"`
	Objects   []map[string]interface{} `json:"objects"`
}

type step struct {
	Phase   string     `json:"phase"`
	Wave    int        `json:"wave"`
	Final   bool       `json:"final"`
	Batches [][]string `json:"batches"`
}

// cluster answers discovery with every kind of the input, calls every CRD established, and notes
// what is applied. Everything else is the engine's own stand-in for kubectl.
type cluster struct {
	kubetest.MockKubectlCmd
	lock    sync.Mutex
	kinds   map[string]bool
	applied []*unstructured.Unstructured
}

func (c *cluster) ManageResources(*rest.Config, openapi.Resources) (kube.ResourceOperations, func(), error) {
	return c, func() {}, nil
}

func (c *cluster) ApplyResource(_ context.Context, obj *unstructured.Unstructured, dryRun cmdutil.DryRunStrategy, _, _, _ bool) (string, error) {
	if dryRun == cmdutil.DryRunNone {
		c.lock.Lock()
		c.applied = append(c.applied, obj)
		c.lock.Unlock()
	}
	return "", nil
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	var out interface{}
	if strings.Contains(r.URL.Path, "/customresourcedefinitions/") {
		established := map[string]string{"type": "Established", "status": "True"}
		out = map[string]interface{}{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"status": map[string]interface{}{"conditions": []interface{}{established}},
		}
	} else {
		found := []metav1.APIResource{}
		for kind := range c.kinds {
			found = append(found, metav1.APIResource{
				Name: strings.ToLower(kind) + "s", Kind: kind, Namespaced: true,
				Verbs: metav1.Verbs{"get", "create", "update", "patch", "delete"},
			})
		}
		out = map[string]interface{}{
			"kind": "APIResourceList", "apiVersion": "v1", "resources": found,
			"groupVersion": strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/apis/"), "/api/"),
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (c *cluster) run(app application, config *rest.Config) ([]step, error) {
	targets := []*unstructured.Unstructured{}
	c.kinds = map[string]bool{}
	for _, body := range app.Objects {
		obj := &unstructured.Unstructured{Object: body}
		targets = append(targets, obj)
		c.kinds[obj.GetKind()] = true
	}
	reconciled := engine.Reconcile(targets, map[kube.ResourceKey]*unstructured.Unstructured{}, app.Namespace, everywhere{})
	steps := []step{}
	results := []common.ResourceSyncResult{}
	started := metav1.Now() // of one operation; the names of hooks with generateName have it in them
	for len(steps) <= len(app.Objects)*4 {
		c.applied = nil
		now := step{}
		note := func(phase common.SyncPhase, wave int, final bool) error {
			now = step{Phase: string(phase), Wave: wave, Final: final}
			return nil
		}
		sync, cleanup, err := engine.NewSyncContext("0123456789", reconciled, config, config, c, app.Namespace, nil,
			engine.WithLogr(logr.Discard()),
			engine.WithSyncWaveHook(note),
			engine.WithInitialState(common.OperationRunning, "", results, started))
		if err != nil {
			return nil, err
		}
		sync.Sync()
		cleanup()
		phase, message, found := sync.GetState()
		if phase == common.OperationFailed || phase == common.OperationError {
			return nil, fmt.Errorf("%s: %s", message, found)
		}
		if len(c.applied) > 0 {
			now.Batches = batches(c.applied)
			steps = append(steps, now)
		}
		if phase.Completed() {
			return steps, nil
		}
		results = found
		for i := range results {
			results[i].HookPhase = common.OperationSucceeded
		}
	}
	return nil, fmt.Errorf("no end after %d steps", len(steps))
}

// batches makes runs of one kind, which the engine applies in parallel, readable.
func batches(applied []*unstructured.Unstructured) [][]string {
	out := [][]string{}
	last := ""
	for _, obj := range applied {
		if len(out) == 0 || obj.GetKind() != last {
			out = append(out, nil)
		}
		last = obj.GetKind()
		name := obj.GetName()
		if prefix := obj.GetGenerateName(); prefix != "" {
			name = prefix // what the engine adds to it has the time in it
		}
		out[len(out)-1] = append(out[len(out)-1], last+"/"+name)
	}
	for _, batch := range out {
		sort.Strings(batch)
	}
	return out
}

// everywhere knows the scope of no kind: each is left as it is written.
type everywhere struct{}

func (everywhere) IsNamespaced(schema.GroupKind) (bool, error) { return true, nil }

func main() {
	here := &cluster{}
	server := httptest.NewServer(here) // on the loopback interface
	defer server.Close()
	config := &rest.Config{Host: server.URL, QPS: -1}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		app := application{}
		if err := json.Unmarshal(lines.Bytes(), &app); err != nil {
			panic(err)
		}
		steps, err := here.run(app, config)
		if err != nil {
			steps = []step{{Phase: err.Error()}}
		}
		text, _ := json.Marshal(steps)
		fmt.Println(string(text))
	}
}
