package workspace

import (
	"fmt"
	"strings"
)

// Directories are what Flink platforms lay out below a base URI.
//
// Source: Ververica Platform, "Blob Storage"; Realtime Compute for Apache Flink, "Store dependencies in OSS".
func Directories() []string {
	return []string{
		"artifacts",
		"flink-jobs",
		"flink-savepoints",
		"flink-sessionclusters",
		"logs",
		"plan",
		"sql-artifacts",
	}
}

// CheckDirectory tells what is wrong with a directory of a workspace; it may have several levels.
func CheckDirectory(directory string) error {
	if strings.HasPrefix(directory, "/") {
		return fmt.Errorf("%q begins with a slash; it is a directory of the workspace, as in flink-savepoints", directory)
	}
	if err := checkPath(directory); err != nil {
		return fmt.Errorf("the directory %q: %w", directory, err)
	}
	return nil
}
