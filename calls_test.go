package main

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
)

type heldKey struct{}

// Whatever a plan or an apply asks once for each resource leaves nothing behind, so that memory does not grow with their number.
func TestNothingIsKeptOfACallThatIsAnswered(t *testing.T) {
	t.Parallel()
	server := forgetful{providerserver.NewProtocol6(provider.New("test")())()}
	const name = "flink_artifact"
	for call, ask := range map[string]func(context.Context) error{
		"ValidateResourceConfig": func(ctx context.Context) error {
			_, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: name})
			return err
		},
		"UpgradeResourceState": func(ctx context.Context) error {
			_, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: name})
			return err
		},
		"ReadResource": func(ctx context.Context) error {
			_, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: name})
			return err
		},
		"PlanResourceChange": func(ctx context.Context) error {
			_, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: name})
			return err
		},
		"ApplyResourceChange": func(ctx context.Context) error {
			_, err := server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: name})
			return err
		},
		"ImportResourceState": func(ctx context.Context) error {
			_, err := server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: name})
			return err
		},
		"MoveResourceState": func(ctx context.Context) error {
			_, err := server.MoveResourceState(ctx, &tfprotov6.MoveResourceStateRequest{TargetTypeName: name})
			return err
		},
		"ValidateDataResourceConfig": func(ctx context.Context) error {
			_, err := server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: "flink_artifacts"})
			return err
		},
		"ReadDataSource": func(ctx context.Context) error {
			_, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "flink_artifacts"})
			return err
		},
	} {
		t.Run(call, func(t *testing.T) {
			held, err := heldBy(t.Context(), ask)
			if err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); held.Value() != nil; runtime.GC() {
				if time.Now().After(deadline) {
					t.Fatal("the server still holds what belongs to the call")
				}
			}
			runtime.KeepAlive(server)
		})
	}
}

// heldBy asks with a context that holds something, and returns a pointer to it that does not.
func heldBy(ctx context.Context, ask func(context.Context) error) (weak.Pointer[[1 << 16]byte], error) {
	value := new([1 << 16]byte)
	return weak.Make(value), ask(context.WithValue(ctx, heldKey{}, value))
}

func TestTheContextOfACall(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(time.Hour)
	parent, cancel := context.WithDeadline(context.WithValue(t.Context(), heldKey{}, "held"), deadline)
	defer cancel()
	var kept, derived context.Context
	_, err := answer(parent, "request", func(ctx context.Context, request string) (string, error) {
		kept = ctx
		var stop context.CancelFunc
		derived, stop = context.WithCancel(ctx)
		t.Cleanup(stop)
		if until, ok := ctx.Deadline(); request != "request" || ctx.Value(heldKey{}) != "held" || !ok || !until.Equal(deadline) || ctx.Err() != nil || derived.Err() != nil {
			t.Errorf("during the call: %v", ctx)
		}
		return "", context.DeadlineExceeded
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

	_, err = answer(parent, "", func(ctx context.Context, _ string) (string, error) {
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a call whose caller goes away: %v", err)
	}
}
