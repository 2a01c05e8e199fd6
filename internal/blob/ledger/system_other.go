//go:build !linux && !darwin

package ledger

// Without a way to tell processes apart nothing is written.
var thisSystem = system{
	self:  func() (process, bool) { return process{}, false },
	find:  func(int) (string, bool) { return "", true },
	local: isLocal,
}
