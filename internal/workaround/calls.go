package workaround

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// forgetful is a provider's server that keeps nothing of a call once it is answered.
// The framework notes the context of every call, so that Stop can cancel it, and takes none off its list: with each stay its request, its loggers and its stream, 90 KiB for each artifact in a plan.
// Here it gets a context that lets go of its parent when the call ends.
type forgetful struct{ tfprotov6.ProviderServer }

func (s forgetful) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return answer(ctx, req, s.ProviderServer.ValidateResourceConfig)
}

func (s forgetful) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return answer(ctx, req, s.ProviderServer.UpgradeResourceState)
}

func (s forgetful) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return answer(ctx, req, s.ProviderServer.ReadResource)
}

func (s forgetful) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return answer(ctx, req, s.ProviderServer.PlanResourceChange)
}

func (s forgetful) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return answer(ctx, req, s.ProviderServer.ApplyResourceChange)
}

func (s forgetful) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return answer(ctx, req, s.ProviderServer.ImportResourceState)
}

func (s forgetful) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return answer(ctx, req, s.ProviderServer.MoveResourceState)
}

func (s forgetful) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return answer(ctx, req, s.ProviderServer.ValidateDataResourceConfig)
}

func (s forgetful) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return answer(ctx, req, s.ProviderServer.ReadDataSource)
}

// answer calls with a context that ends with the call.
func answer[Request, Response any](ctx context.Context, req Request, call func(context.Context, Request) (Response, error)) (Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &callContext{done: ctx.Done()}
	c.parent.Store(&ctx)
	// Cancelled first: who still holds the context then finds it ended, and never a context that is neither alive nor over.
	defer c.parent.Store(nil)
	defer cancel()
	return call(c, req)
}

// callContext is its parent until the call ends, and from then on an ended context without values.
// It is safe for concurrent use.
type callContext struct {
	parent atomic.Pointer[context.Context] // nil once the call is over
	done   <-chan struct{}
}

var _ context.Context = (*callContext)(nil)

// Deadline implements context.Context.
func (c *callContext) Deadline() (time.Time, bool) {
	if parent := c.parent.Load(); parent != nil {
		return (*parent).Deadline()
	}
	return time.Time{}, false
}

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} { return c.done }

// Err implements context.Context.
func (c *callContext) Err() error {
	if parent := c.parent.Load(); parent != nil {
		return (*parent).Err()
	}
	return context.Canceled
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if parent := c.parent.Load(); parent != nil {
		return (*parent).Value(key)
	}
	return nil
}
