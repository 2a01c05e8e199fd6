package workaround_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workaround"
)

type heldKey struct{}

// Whatever a plan or an apply asks once for each resource leaves nothing behind, so that memory does not grow with their number.
func TestNothingIsKeptOfACallThatIsAnswered(t *testing.T) {
	t.Parallel()
	server := workaround.Server(providerserver.NewProtocol6(provider.New("test")())())
	const name = "flink_artifact"
	for call, ask := range map[string]func(context.Context) error{
		"ValidateResourceConfig":     asks(server.ValidateResourceConfig, &tfprotov6.ValidateResourceConfigRequest{TypeName: name}),
		"UpgradeResourceState":       asks(server.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{TypeName: name}),
		"ReadResource":               asks(server.ReadResource, &tfprotov6.ReadResourceRequest{TypeName: name}),
		"PlanResourceChange":         asks(server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{TypeName: name}),
		"ApplyResourceChange":        asks(server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{TypeName: name}),
		"ImportResourceState":        asks(server.ImportResourceState, &tfprotov6.ImportResourceStateRequest{TypeName: name}),
		"MoveResourceState":          asks(server.MoveResourceState, &tfprotov6.MoveResourceStateRequest{TargetTypeName: name}),
		"ValidateDataResourceConfig": asks(server.ValidateDataResourceConfig, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: "flink_artifacts"}),
		"ReadDataSource":             asks(server.ReadDataSource, &tfprotov6.ReadDataSourceRequest{TypeName: "flink_artifacts"}),
	} {
		t.Run(call, func(t *testing.T) {
			held := heldBy(t, ask)
			for deadline := time.Now().Add(10 * time.Second); held.Value() != nil; runtime.GC() {
				if time.Now().After(deadline) {
					t.Fatal("the server still holds what belongs to the call")
				}
			}
			runtime.KeepAlive(server)
		})
	}
}

// Once this fails, the framework keeps nothing any more, and calls.go can go.
func TestTheFrameworkKeepsCalls(t *testing.T) {
	t.Parallel()
	server := providerserver.NewProtocol6(provider.New("test")())()
	held := heldBy(t, asks(server.ReadResource, &tfprotov6.ReadResourceRequest{TypeName: "flink_artifact"}))
	if runtime.GC(); held.Value() == nil {
		t.Error("nothing is kept")
	}
	runtime.KeepAlive(server)
}

func asks[Request, Response any](call func(context.Context, Request) (Response, error), request Request) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := call(ctx, request)
		return err
	}
}

// heldBy asks with a context that holds something, and returns a pointer to it that does not.
func heldBy(t *testing.T, ask func(context.Context) error) weak.Pointer[[1 << 16]byte] {
	t.Helper()
	value := new([1 << 16]byte)
	if err := ask(context.WithValue(t.Context(), heldKey{}, value)); err != nil {
		t.Fatal(err)
	}
	return weak.Make(value)
}

// reader is a server whose ReadResource is a function.
type reader struct {
	tfprotov6.ProviderServer
	read func(context.Context) error
}

func (r reader) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return nil, r.read(ctx)
}

func calls(ctx context.Context, read func(context.Context) error) error {
	return asks(workaround.Server(reader{read: read}).ReadResource, nil)(ctx)
}

func TestTheContextOfACall(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(time.Hour)
	parent, cancel := context.WithDeadline(context.WithValue(t.Context(), heldKey{}, "held"), deadline)
	defer cancel()
	var kept, derived context.Context
	err := calls(parent, func(ctx context.Context) error {
		kept = ctx
		var stop context.CancelFunc
		derived, stop = context.WithCancel(ctx)
		t.Cleanup(stop)
		if until, ok := ctx.Deadline(); ctx.Value(heldKey{}) != "held" || !ok || !until.Equal(deadline) || ctx.Err() != nil || derived.Err() != nil {
			t.Errorf("during the call: %v", ctx)
		}
		return context.DeadlineExceeded
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the call's error became %v", err)
	}
	if _, ok := kept.Deadline(); ok || kept.Value(heldKey{}) != nil || !errors.Is(kept.Err(), context.Canceled) {
		t.Errorf("after the call: %v", kept)
	}
	select {
	case <-kept.Done():
	default:
		t.Error("after the call its context is not done")
	}
	if <-derived.Done(); !errors.Is(derived.Err(), context.Canceled) {
		t.Errorf("what was derived from it has %v", derived.Err())
	}

	err = calls(parent, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a call whose caller goes away: %v", err)
	}
}
