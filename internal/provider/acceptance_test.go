package provider_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// testDirectory names the variable with the directory that is removed when all tests are over.
const testDirectory = "FLINK_TEST_DIRECTORY"

// TestMain sets what acceptance tests need, so that "go test" alone runs all of them and skips none.
func TestMain(m *testing.M) {
	if isToBeWatched() {
		os.Exit(runWatched())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	flag.Parse()
	directory, err := os.MkdirTemp("", "flink-") // short: Chromium has a socket below it, and the path of one ends at 104 bytes
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if !secrettest.Watched() { // else it is searched at the end
		defer os.RemoveAll(directory)
	}
	cliConfig := filepath.Join(directory, "terraformrc")
	if err := os.WriteFile(cliConfig, nil, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Nothing of the developer's own must reach the tests.
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if developersOwn(name) {
			if err := os.Unsetenv(name); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	// Of the caches, Go's own alone stays where it is: on Linux it lies beside those of others.
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "go env GOCACHE:", err)
		return 1
	}
	nowhere := filepath.Join(directory, "nowhere")
	environment := map[string]string{
		"TF_ACC":             "1",
		"CHECKPOINT_DISABLE": "1",
		"TF_CLI_CONFIG_FILE": cliConfig,
		testDirectory:        directory,
		// Terraform lives for a moment, thousands of times: what its garbage collector does is a quarter of the time that the tests take.
		"GOGC":           "400",
		"GOCACHE":        strings.TrimSpace(string(goCache)),
		"XDG_CACHE_HOME": filepath.Join(directory, "cache"),
		// So that examples, which name the provider's source, get this provider too.
		"TF_ACC_PROVIDER_NAMESPACE": "terraform-provider-flink",

		"AWS_CONFIG_FILE":                     os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE":         os.DevNull,
		"AWS_EC2_METADATA_DISABLED":           "true",
		"ALIBABA_CLOUD_CONFIG_FILE":           nowhere,
		"ALIBABA_CLOUD_CREDENTIALS_FILE":      nowhere,
		"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
	}
	if environment["TF_ACC_TERRAFORM_PATH"], err = findTerraform(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	// Many of those that run side by side wait for a server most of the time.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func findTerraform() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path, nil
	}
	path, err := exec.LookPath("terraform")
	if err != nil {
		return "", fmt.Errorf("acceptance tests need terraform on PATH, or the path of terraform or tofu in TF_ACC_TERRAFORM_PATH: %w", err)
	}
	return path, nil
}

// developersOwn says whether a variable has settings or credentials that the provider would take.
func developersOwn(name string) bool {
	for _, prefix := range []string{"FLINK_", "AWS_", "ALIBABA_CLOUD_", "ALICLOUD_", "OSS_", "TFC_"} {
		if strings.HasPrefix(name, prefix) {
			return !strings.HasPrefix(name, "FLINK_TEST_")
		}
	}
	return false
}

// providers serves the provider within the test's own process; Terraform itself is the real one.
var providers = map[string]func() (tfprotov6.ProviderServer, error){
	"flink": providerserver.NewProtocol6WithError(provider.New("test")()),
}

// applies runs steps, and destroys what they left.
func applies(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: providers, Steps: steps})
}

// prepare is done before a step.
type prepare func()

// option is what else a step does or does not do.
type option func(*resource.TestStep)

var (
	planOnly option = func(s *resource.TestStep) { s.PlanOnly = true }
	pending  option = func(s *resource.TestStep) { s.PlanOnly, s.ExpectNonEmptyPlan = true, true } // planned alone, and there are changes
	drifting option = func(s *resource.TestStep) { s.ExpectNonEmptyPlan = true }                   // applied, and there are changes again
	destroys option = func(s *resource.TestStep) { s.Destroy = true }
)

// step applies a configuration. What must happen before it, and what is expected of its plan, its state and the store, or of its error, follows in any order.
func step(config string, parts ...any) resource.TestStep {
	s := resource.TestStep{Config: config}
	var looks []resource.TestCheckFunc
	for _, part := range parts {
		switch part := part.(type) {
		case prepare:
			s.PreConfig = part
		case option:
			part(&s)
		case plancheck.PlanCheck:
			s.ConfigPlanChecks.PreApply = append(s.ConfigPlanChecks.PreApply, part)
		case statecheck.StateCheck:
			s.ConfigStateChecks = append(s.ConfigStateChecks, part)
		case []statecheck.StateCheck:
			s.ConfigStateChecks = append(s.ConfigStateChecks, part...)
		case resource.TestCheckFunc:
			looks = append(looks, part)
		case *regexp.Regexp:
			s.ExpectError = part
		default:
			panic(fmt.Sprintf("%T is no part of a step", part))
		}
	}
	if len(looks) > 0 { // these cannot read a state with for_each
		s.Check = resource.ComposeAggregateTestCheckFunc(looks...)
	}
	return s
}

// imports imports a resource that the steps have made, finds it by an attribute, and compares all but some attributes.
func imports(address, id, by string, but ...string) resource.TestStep {
	return resource.TestStep{
		ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: by, ImportStateVerifyIgnore: but,
	}
}

// refusal is a configuration whose plan is an error that has these texts.
type refusal struct {
	config string
	want   []string
}

func areRefused(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { applies(t, step(test.config, planOnly, words(test.want...))) })
	}
}

// then looks at the store after a step.
func then(look func()) resource.TestCheckFunc {
	return func(*terraform.State) error { look(); return nil }
}

var noChanges, someChanges = plancheck.ExpectEmptyPlan(), plancheck.ExpectNonEmptyPlan()

func updates(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)
}

func creates(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate)
}

func replaces(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate)
}

func replacesCreatingFirst(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreateBeforeDestroy)
}

// replacesInOrder is one of the two, by create_before_destroy.
func replacesInOrder(address string, createsFirst bool) plancheck.PlanCheck {
	if createsFirst {
		return replacesCreatingFirst(address)
	}
	return replaces(address)
}

func plansNothing(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop)
}

func plansValue(address, attribute string, value knownvalue.Check) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func plansUnknown(address, attribute string) plancheck.PlanCheck {
	return plancheck.ExpectUnknownValue(address, tfjsonpath.New(attribute))
}

// unlessShort is how much of something a test does: the whole, or with -short less.
func unlessShort(whole, short int) int {
	if testing.Short() {
		return short
	}
	return whole
}

// writeFile makes a file and returns its path.
func writeFile(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// words is a pattern for an error that has all these texts in this order, wherever Terraform breaks the lines.
func words(texts ...string) *regexp.Regexp {
	var patterns []string
	for _, text := range texts {
		var fields []string
		for _, field := range strings.Fields(text) {
			fields = append(fields, regexp.QuoteMeta(field))
		}
		patterns = append(patterns, strings.Join(fields, `[\s│]+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}
