package provider

import "time"

// SetAccelerationPauses changes how long is waited between two tries of the accelerated endpoint, and returns the way back.
func SetAccelerationPauses(first, longest time.Duration) (restore func()) {
	before := accelerationPauses
	accelerationPauses.first, accelerationPauses.longest = first, longest
	return func() { accelerationPauses = before }
}

// SetPlanTimeout shortens how long a plan waits for a source.
func SetPlanTimeout(timeout time.Duration) (restore func()) {
	before := planTimeout
	planTimeout = timeout
	return func() { planTimeout = before }
}
