// Package faults has tests alone: of what the provider does behind its protocol when requests fail, and when others work in the same place.
package faults
