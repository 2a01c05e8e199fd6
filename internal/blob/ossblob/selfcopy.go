package ossblob

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// copiesAtOnce is how many parts are copied at a time. The bytes stay in OSS.
const copiesAtOnce = 4

// selfCopy is an object that is copied onto itself with other attributes. All that OSS tells about the object goes along.
type selfCopy struct {
	store  *Store
	key    string
	header map[string]string
	acl    string    // "": the bucket's
	seen   blob.Cond // the object that was read before
}

// whole copies in one request. It may be sent twice: it says what is to be.
func (c *selfCopy) whole(ctx context.Context, info blob.Info) (blob.Info, error) {
	header := copySource(c.store.bucket, c.key, c.seen.IfMatch)
	maps.Copy(header, c.header)
	header["X-Oss-Metadata-Directive"] = "REPLACE"
	header["X-Oss-Tagging-Directive"] = "Copy"
	if c.acl != "" {
		header["X-Oss-Object-Acl"] = c.acl
	}
	result, answered, err := c.store.copy(ctx, request{
		operation: "CopyObject", method: http.MethodPut, key: c.key, header: header, cond: c.seen, patient: true,
	})
	if err != nil {
		return blob.Info{}, err
	}
	info.ETag, info.ModTime, info.VersionID = unquote(result.ETag), date(result.LastModified), version(answered)
	return info, nil
}

// byParts copies what is too large for one request. The ModTime is not told.
func (c *selfCopy) byParts(ctx context.Context, info blob.Info) (result blob.Info, err error) {
	s := c.store
	tags, err := s.tags(ctx, c.key)
	if err != nil {
		return blob.Info{}, err
	}
	header := maps.Clone(c.header)
	if tags != "" {
		header["X-Oss-Tagging"] = tags
	}
	conn, err := s.connect()
	if err != nil {
		return blob.Info{}, s.fail(request{operation: "InitiateMultipartUpload", key: c.key}, err)
	}
	s.sweep(ctx, conn, c.key, true)
	id, err := c.begin(ctx, header)
	if err != nil {
		return blob.Info{}, err
	}
	ended := s.config.Ledger.Begun(s.place(conn, c.key), id)
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
			defer cancel()
			if abortErr := c.abort(ctx, id); abortErr != nil {
				err = errors.Join(err, fmt.Errorf("clean-up: %w", abortErr))
				return
			}
		}
		ended()
	}()
	parts, err := c.copyParts(ctx, id, info.Size)
	if err != nil {
		return blob.Info{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	last, cancel := blob.CommitContext(ctx)
	defer cancel()
	completion := map[string]string{}
	if c.acl != "" {
		completion["X-Oss-Object-Acl"] = c.acl
	}
	r := s.completion(c.key, id, completion, parts)
	r.cond = c.seen
	checked := false
	r.before = func(last context.Context) error {
		if checked {
			return s.check(last, c.key, c.seen)
		}
		checked = true
		return s.checkFirst(last, ctx, c.key, c.seen)
	}
	got, err := s.do(last, r)
	if err != nil {
		return blob.Info{}, err
	}
	info.ETag, info.ModTime, info.VersionID = unquote(got.header.Get("Etag")), time.Time{}, version(got.header)
	return info, nil
}

// beginGrace is how long a cancelled run waits for the answer that names the upload. Without it nobody could abort it.
const beginGrace = 5 * time.Second

func (c *selfCopy) begin(ctx context.Context, header map[string]string) (id string, err error) {
	r := request{
		operation: "InitiateMultipartUpload", method: http.MethodPost, key: c.key, once: true,
		query: map[string]string{"uploads": ""}, header: header,
	}
	if err := ctx.Err(); err != nil {
		return "", c.store.fail(r, err)
	}
	waiting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if wire.Sleep(waiting, beginGrace) == nil {
			cancel()
		}
	})()
	return c.store.initiate(waiting, r)
}

// abortAgain is after which time the upload is aborted once more: a copy whose answer nobody waits for goes on in OSS, and if it ends
// after the abort, its part is there (API reference, AbortMultipartUpload).
const abortAgain = 200 * time.Millisecond

func (c *selfCopy) abort(ctx context.Context, id string) error {
	if err := c.store.abort(ctx, c.key, id); err != nil {
		return err
	}
	if err := wire.Sleep(ctx, abortAgain); err != nil {
		return err
	}
	return c.store.abort(ctx, c.key, id)
}

// copyGrace is how long the answers to other parts are awaited once one has failed.
const copyGrace = 5 * time.Second

// copyParts waits for all copies that were begun, also where one of them fails, though not for ever: OSS would go on with them.
func (c *selfCopy) copyParts(ctx context.Context, id string, size int64) ([]completedPart, error) {
	const maxParts = 10_000
	length := max(c.store.copyPart, (size+maxParts-1)/maxParts)
	parts := make([]completedPart, (size+length-1)/length)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var group errgroup.Group
	group.SetLimit(copiesAtOnce)
	var failed atomic.Bool
	for i := range parts {
		if failed.Load() {
			break
		}
		first, number := int64(i)*length, int32(i+1)
		group.Go(func() error {
			source := copySource(c.store.bucket, c.key, c.seen.IfMatch)
			result, _, err := c.store.copy(ctx, partCopy(c.key, id, number, source, first, min(length, size-first)))
			if err != nil {
				if !failed.Swap(true) {
					time.AfterFunc(copyGrace, stop)
				}
				return err
			}
			parts[i] = completedPart{number, result.ETag}
			return nil
		})
	}
	return parts, group.Wait()
}
