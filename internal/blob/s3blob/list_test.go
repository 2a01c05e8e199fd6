package s3blob

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

func TestPagesOfAThousand(t *testing.T) {
	store := startBehind(t, nil)
	var want []string
	for i := range 1200 {
		want = append(want, fmt.Sprintf("dir/%04d", i))
	}
	work := make(chan string)
	done := make(chan struct{})
	for range 8 {
		go func() {
			for key := range work {
				if _, err := put(t, store, key, []byte("x"), blob.Cond{}); err != nil {
					t.Error(err)
				}
			}
			done <- struct{}{}
		}()
	}
	for _, key := range want {
		work <- key
	}
	close(work)
	for range 8 {
		<-done
	}
	store.proxy.Clear()
	var got []string
	for q := (blob.Query{Prefix: "dir/"}); ; {
		page, err := store.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range page.Infos {
			got = append(got, info.Key)
		}
		if q.Token = page.Next; q.Token == "" {
			break
		}
	}
	if !slices.Equal(got, want) || len(store.proxy.Requests()) != 2 {
		t.Errorf("%d keys in %d requests", len(got), len(store.proxy.Requests()))
	}
}

// versitygw does not encode keys, AWS and MinIO do.
func TestEncodedKeys(t *testing.T) {
	answer := ""
	store := fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		io.WriteString(w, `<?xml version="1.0"?><ListBucketResult>`+answer+`</ListBucketResult>`)
	})
	object := `<Contents><Key>%s</Key><Size>7</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents>`
	answer = `<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>` + fmt.Sprintf(object, "a+b%2Bc/%25%C3%BC%0A%01") +
		`<CommonPrefixes><Prefix>p+q/</Prefix></CommonPrefixes>`
	page, err := store.List(t.Context(), blob.Query{Delimiter: "/"})
	if err != nil {
		t.Fatal(err)
	}
	want := blob.Info{Key: "a b+c/%ü\n\x01", Size: 7, ETag: "e", ModTime: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	if len(page.Infos) != 1 || page.Infos[0] != want || !slices.Equal(page.Prefixes, []string{"p q/"}) {
		t.Errorf("%+v", page)
	}
	for name, broken := range map[string]string{
		"a wrong encoding":        `<EncodingType>url</EncodingType>` + fmt.Sprintf(object, "a%zz"),
		"more without a way":      `<IsTruncated>true</IsTruncated>` + fmt.Sprintf(object, "a"),
		"a wrong encoding, again": `<EncodingType>url</EncodingType><CommonPrefixes><Prefix>%</Prefix></CommonPrefixes>`,
	} {
		answer = broken
		if page, err := store.List(t.Context(), blob.Query{}); err == nil {
			t.Errorf("%s: %+v", name, page)
		}
	}
}
