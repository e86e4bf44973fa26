// web is the work load of the cluster's tests, server and client in one, so that an image without
// a C library can ask by name.
//
//	web serve [PORT]     answers on that port (8080) with "POD ASKED-FROM", and /bytes?n=N with N bytes
//	web get URL [SECONDS]  asks once; prints the status, the number of bytes and the first line
//
// Exit status of get: 0 answered with 200 and whole, 1 not. It says on standard error why.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// The largest body that is served: enough for every packet size, too little to harm.
const most = 16 << 20

func main() {
	switch {
	case len(os.Args) >= 2 && os.Args[1] == "serve":
		serve(argument(2, "8080"))
	case len(os.Args) >= 3 && os.Args[1] == "get":
		get(os.Args[2], argument(3, "5"))
	default:
		fmt.Fprintln(os.Stderr, "usage: web serve [PORT] | web get URL [SECONDS]")
		os.Exit(2)
	}
}

func argument(at int, otherwise string) string {
	if len(os.Args) > at {
		return os.Args[at]
	}
	return otherwise
}

func serve(port string) {
	name, _ := os.Hostname()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, name, r.RemoteAddr)
	})
	http.HandleFunc("/bytes", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n < 0 || n > most {
			http.Error(w, "n is a number of bytes, at most "+strconv.Itoa(most), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(n))
		w.Write(bytes.Repeat([]byte("x"), n))
	})
	fmt.Println("listening on", port)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":"+port, nil))
	os.Exit(1)
}

func get(url, seconds string) {
	limit, err := strconv.Atoi(seconds)
	if err != nil {
		limit = 5
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(limit)*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	fail(err)
	answer, err := http.DefaultClient.Do(request)
	fail(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		err = fmt.Errorf("status %d, then %d bytes, then: %w", answer.StatusCode, len(body), err)
	}
	fail(err)
	line, _, _ := strings.Cut(string(body), "\n")
	if len(line) > 80 {
		line = line[:80]
	}
	fmt.Println(answer.StatusCode, len(body), line)
	if answer.StatusCode != http.StatusOK {
		os.Exit(1)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
