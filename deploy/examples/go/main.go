// A program that sends events to Northstar with the standard library alone. NORTHSTAR_URL and NORTHSTAR_WRITE_KEY say where they go.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const version = "1.1.0"

// event is what Northstar takes; the id makes sending it twice harmless.
type event struct {
	Event      string         `json:"event"`
	ID         string         `json:"id"`
	Timestamp  int64          `json:"timestamp"`
	UserID     string         `json:"user_id"`
	SessionID  string         `json:"session_id"`
	Properties map[string]any `json:"properties"`
}

// client gathers events and sends them together.
type client struct {
	url, key, user, session string
	events                  []event
}

func newClient() *client {
	return &client{url: os.Getenv("NORTHSTAR_URL"), key: os.Getenv("NORTHSTAR_WRITE_KEY"), user: installation(), session: random()}
}

func (c *client) capture(name string, properties map[string]any) {
	if enabled() {
		properties["platform"] = map[string]string{"darwin": "macos"}[runtime.GOOS]
		if properties["platform"] == "" {
			properties["platform"] = runtime.GOOS
		}
		properties["version"] = version
		c.events = append(c.events, event{name, random(), time.Now().UnixMilli(), c.user, c.session, properties})
	}
}

// flush sends the events, up to three times under the same ids. An answer of 202 or 422 is final.
func (c *client) flush() error {
	if len(c.events) == 0 {
		return nil
	}
	body, err := json.Marshal(c.events)
	if err != nil {
		return err
	}
	http := http.Client{Timeout: 2 * time.Second}
	for attempt := 0; ; attempt++ {
		status, err := c.post(&http, body)
		if err == nil && (status == 202 || status == 422) {
			c.events = nil
			return nil
		}
		if attempt == 2 {
			if err == nil {
				err = fmt.Errorf("Northstar answered %d", status)
			}
			return fmt.Errorf("not sent: %w", err)
		}
		time.Sleep(time.Duration(200<<attempt) * time.Millisecond)
	}
}

func (c *client) post(client *http.Client, body []byte) (int, error) {
	request, err := http.NewRequest("POST", fmt.Sprintf("%s/v1/events?sent_at=%d", c.url, time.Now().UnixMilli()), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("authorization", "Bearer "+c.key)
	request.Header.Set("content-type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

// enabled is false where the user has asked not to be tracked.
func enabled() bool {
	value := os.Getenv("DO_NOT_TRACK")
	return value == "" || value == "0" || value == "false"
}

// installation is a random id that is kept between runs; without a place to keep it, it is this run's.
func installation() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return random()
	}
	path := filepath.Join(folder, "northstar-example", "installation")
	if known, err := os.ReadFile(path); err == nil {
		return string(known)
	}
	made := random()
	if os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = os.WriteFile(path, []byte(made), 0o600)
	}
	return made
}

func random() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		panic(err)
	}
	return hex.EncodeToString(id)
}

func main() {
	telemetry := newClient()
	start := time.Now()
	telemetry.capture("command_generated", map[string]any{"category": "file_management"})
	telemetry.capture("command_generation_latency", map[string]any{
		"duration_ms": float64(time.Since(start).Microseconds()) / 1000, "query_complexity": "simple",
	})
	if err := telemetry.flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
