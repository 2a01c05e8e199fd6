package s3blob

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestAServerThatTakesNothing(t *testing.T) {
	near, far := net.Pipe() // nobody reads from far
	defer far.Close()
	defer near.Close()
	conn := stallingConn{near, 20 * time.Millisecond}
	for range 2 {
		if _, err := conn.Write([]byte("data")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
	}
	go far.Read(make([]byte, 4))
	if _, err := conn.Write([]byte("data")); err != nil {
		t.Errorf("a server that reads again: %v", err)
	}
}

func TestTransports(t *testing.T) {
	both := newTransports(awshttp.NewBuildableClient(), nil)
	quick, slow := both.quick.Transport.(*http.Transport), both.slow.Transport.(*http.Transport)
	if quick.ResponseHeaderTimeout != headerTimeout || slow.ResponseHeaderTimeout != slowHeaderTimeout {
		t.Errorf("answers are awaited for %s and %s", quick.ResponseHeaderTimeout, slow.ResponseHeaderTimeout)
	}
	if quick.ForceAttemptHTTP2 || quick.TLSNextProto == nil || quick.MaxIdleConnsPerHost < 32 {
		t.Errorf("%+v", quick)
	}
}
