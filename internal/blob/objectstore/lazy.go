package objectstore

import (
	"context"
	"sync/atomic"
)

// Lazy is a value that its first use makes.
// A first use that fails or is cancelled leaves it to the next.
type Lazy[T any] struct {
	open   func(context.Context) (*T, error)
	turn   chan struct{} // holds a token while nobody makes the value
	opened atomic.Pointer[T]
}

// NewLazy returns a Lazy that open makes the value of.
func NewLazy[T any](open func(context.Context) (*T, error)) *Lazy[T] {
	l := &Lazy[T]{open: open, turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// Get returns the value, and makes it where nobody has.
func (l *Lazy[T]) Get(ctx context.Context) (*T, error) {
	if value := l.opened.Load(); value != nil {
		return value, nil
	}
	select {
	case <-l.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	if value := l.opened.Load(); value != nil {
		return value, nil
	}
	value, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	l.opened.Store(value)
	return value, nil
}

// Opened is the value, or nil where nobody has made it.
func (l *Lazy[T]) Opened() *T { return l.opened.Load() }
