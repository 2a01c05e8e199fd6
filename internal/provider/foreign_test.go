package provider_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// The platforms' examples use other providers, which no test can download. Stand-ins take their place: they have those attributes
// and blocks of the foreign resources that the examples use, by the foreign documentation, and refuse any other name or type. The
// real Terraform validates, plans, applies and destroys the whole example; buckets are made in the servers that the tests have.
//
// What that does not prove is how the foreign providers and platforms behave: their defaults, their own checks, their API, and that a
// job starts.

// standIn is a provider of a few resources with a configuration of strings.
type standIn struct {
	name      string
	settings  []string // of the provider's block
	resources []func() resource.Resource
}

func (s *standIn) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = s.name
}

func (s *standIn) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := map[string]providerschema.Attribute{}
	for _, name := range s.settings {
		attributes[name] = providerschema.StringAttribute{Optional: true}
	}
	resp.Schema = providerschema.Schema{Attributes: attributes}
}

func (s *standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (s *standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (s *standIn) Resources(context.Context) []func() resource.Resource { return s.resources }

// inert is a resource with nothing behind it.
type inert struct{}

func (inert) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (inert) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}

func (inert) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// carryOut does what is planned, and keeps what comes of it.
func carryOut[M any](ctx context.Context, plan tfsdk.Plan, state *tfsdk.State, diags *diag.Diagnostics, do func(model *M) error) {
	var model M
	diags.Append(plan.Get(ctx, &model)...)
	if err := do(&model); err != nil {
		diags.AddError("The stand-in refuses it", err.Error())
		return
	}
	diags.Append(state.Set(ctx, &model)...)
}

// attach serves stand-ins by their source ("hashicorp/aws") until the test ends, and returns the variable that makes Terraform and
// OpenTofu use them.
func attach(t *testing.T, standIns map[string]*standIn) string {
	t.Helper()
	type address struct{ Network, String string }
	type reattach struct {
		Protocol        string
		ProtocolVersion int
		Pid             int
		Test            bool
		Addr            address
	}
	found := map[string]reattach{}
	for source, each := range standIns {
		config := serve(t, each)
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			found[host+"/"+source] = reattach{string(config.Protocol), config.ProtocolVersion, config.Pid, config.Test, address{config.Addr.Network(), config.Addr.String()}}
		}
	}
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	return "TF_REATTACH_PROVIDERS=" + string(text)
}

func serve(t *testing.T, s *standIn) *plugin.ReattachConfig {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	configs, closed, failed := make(chan *plugin.ReattachConfig), make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(s.name, providerserver.NewProtocol6(s),
			tf6server.WithDebug(ctx, configs, closed), tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithoutLogStderrOverride(), tf6server.WithLoggingSink(t))
	}()
	select {
	case config := <-configs:
		t.Cleanup(func() { stop(); <-closed })
		return config
	case err := <-failed:
		t.Fatal(err)
	case <-time.After(30 * time.Second):
		t.Fatal("the stand-in for " + s.name + " does not start")
	}
	stop()
	return nil
}

// deployments is what stand-ins were to run, in order.
type deployments struct {
	mu   sync.Mutex
	told []deployment
}

type deployment struct {
	name  string
	uses  []string // URIs
	there []string // the URIs of all that lay in the bucket at that time
}

func (d *deployments) tell(name string, uses, there []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, deployment{name, uses, there})
}

// last is the last change of one deployment.
func (d *deployments) last(t *testing.T, name string) deployment {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := len(d.told) - 1; i >= 0; i-- {
		if d.told[i].name == name {
			return d.told[i]
		}
	}
	t.Fatalf("no deployment %q was made, only %v", name, d.told)
	return deployment{}
}

// Another JAR goes up first, then the deployment is changed, while the old file still exists, and then the old file is deleted.
func (d *deployments) followTheJAR(t *testing.T, r root, list func() []string) {
	t.Helper()
	first := d.last(t, "job")
	for _, uri := range first.uses {
		if !slices.Contains(first.there, uri) {
			t.Errorf("the deployment was told of %s, and there were only %v", uri, first.there)
		}
	}
	jar := filepath.Join(r.directory, "target", "job.jar")
	before := readFile(t, jar)
	writeFile(t, jar, string(before)+"\x00")
	r.apply(t)
	second := d.last(t, "job")
	if len(first.uses) == 0 || len(second.uses) == 0 || first.uses[0] == second.uses[0] {
		t.Fatalf("after another JAR the deployment was told of %v, before of %v", second.uses, first.uses)
	}
	if !slices.Contains(second.there, first.uses[0]) || !slices.Contains(second.there, second.uses[0]) {
		t.Errorf("when the deployment was told of %s in place of %s, there were only %v", second.uses[0], first.uses[0], second.there)
	}
	if now := list(); slices.Contains(now, first.uses[0]) || !slices.Contains(now, second.uses[0]) {
		t.Errorf("after %s took the place of %s, there is %v", second.uses[0], first.uses[0], now)
	}
	r.unchanged(t)
}

// The stand-ins are as strict as the documentation: they are no proof of an example otherwise.
func TestStandInsRefuseWhatIsNotDocumented(t *testing.T) {
	tests := []struct {
		example, file, old, changed, want string
	}{
		{"realtime-compute", "deployments.tf", "jar_uri  ", "jar_url  ", `"jar_url" is not expected here`},
		{"realtime-compute", "deployments.tf", `"STREAMING"`, `"CONTINUOUS"`, "execution_mode"},
		{"realtime-compute", "main.tf", "storage {", "store {", `"store" are not expected here`},
		{"ververica-platform-s3", "main.tf", "  bucket = var.bucket", "  name = var.bucket", `"name" is not expected here`},
		{"ververica-platform-s3", "deployment.tf", "manifest = {", "manifests = {", `"manifests" is not expected here`},
	}
	for _, test := range tests {
		t.Run(test.example+"/"+test.changed, func(t *testing.T) {
			var environment string
			if test.example == "realtime-compute" {
				environment = attach(t, map[string]*standIn{"aliyun/alicloud": alicloudStandIn(nil, nil)})
			} else {
				environment = attach(t, map[string]*standIn{"hashicorp/aws": awsStandIn(nil), "hashicorp/kubernetes": kubernetesStandIn(nil, nil)})
			}
			r := newExample(t, test.example, []string{environment})
			path := filepath.Join(r.directory, test.file)
			text := readFile(t, path)
			if !strings.Contains(string(text), test.old) {
				t.Fatalf("%s has no %q", test.file, test.old)
			}
			writeFile(t, path, strings.Replace(string(text), test.old, test.changed, 1))
			output, err := r.command(t.Context(), "validate", "-no-color").CombinedOutput()
			if err == nil || !words(test.want).Match(output) {
				t.Errorf("validate gave %v, want an error with %s:\n%s", err, test.want, output)
			}
		})
	}
}
