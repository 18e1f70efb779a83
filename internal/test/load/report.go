package main

import (
	"encoding/json"
	"os"
	"time"
)

// A report is the result of a measurement, stored in docs/performance.json. Times
// are in milliseconds unless the name says otherwise.
type report struct {
	Machine     string       `json:"machine"`
	Go          string       `json:"go"`
	Date        string       `json:"date"`
	Connections int          `json:"connections"`
	Rounds      int          `json:"rounds"`
	Comparisons []comparison `json:"comparisons"`
	Sizes       []size       `json:"sizes"`
}

// A comparison compares a SCIM request with the corresponding call to Suger through
// the proxy.
type comparison struct {
	Request string  `json:"request"`
	Calls   string  `json:"calls"`   // calls to Suger per request
	Latency float64 `json:"latency"` // of every call to Suger
	Proxy   side    `json:"proxy"`
	Gateway side    `json:"gateway"`
}

// A side holds the medians of the rounds of the gateway or the proxy.
type side struct {
	PerSecond float64 `json:"perSecond"`
	Median    float64 `json:"median"`
	P99       float64 `json:"p99"`
	CPU       float64 `json:"cpuMicroseconds"` // CPU time of the process per request
}

// A size holds the cost of single requests in an organization of a certain size.
type size struct {
	People int `json:"people"`

	Get        float64 `json:"get"`
	LookupWarm float64 `json:"lookupWarm"`
	LookupCold float64 `json:"lookupCold"`
	Page       float64 `json:"page"`
	Walk       float64 `json:"walkSeconds"` // of an import in pages of 100

	GetCalls        int `json:"getCalls"`
	LookupColdCalls int `json:"lookupColdCalls"`
	WalkCalls       int `json:"walkCalls"`

	Resident float64 `json:"residentMegabytes"` // peak memory of the gateway, import included
}

func (r *report) save() error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(dataFile, append(text, '\n'), 0o644)
}

func loadReport() (*report, error) {
	text, err := os.ReadFile(dataFile)
	if err != nil {
		return nil, err
	}
	var r report
	return &r, json.Unmarshal(text, &r)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
