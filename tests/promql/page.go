package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// series is one histogram of a page: its classic buckets, its native form, or both.
type series struct {
	family    string
	labels    labels.Labels // without the family's name and le
	buckets   map[float64]float64
	sum       float64
	count     float64
	native    *histogram.FloatHistogram
	createdMS int64
}

// page is what an operator answered at a time, as far as it is histograms.
type page struct {
	atMS           int64
	startedSeconds float64 // of the process
	series         map[string]*series
	families       map[string]bool
}

// formats are the Content-Types of the files of a recording.
var formats = map[string]string{
	".txt": "text/plain; version=0.0.4",
	".om":  "application/openmetrics-text; version=1.0.0",
	".pb":  "application/vnd.google.protobuf",
}

// readInstance reads the pages of one endpoint of a recording, oldest first.
func readInstance(folder string) ([]*page, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	refused, err := readRefused(filepath.Join(folder, "status"))
	if err != nil {
		return nil, err
	}
	var pages []*page
	for _, entry := range entries {
		suffix := filepath.Ext(entry.Name())
		time := strings.TrimSuffix(entry.Name(), suffix)
		atMS, err := strconv.ParseInt(time, 10, 64)
		if err != nil || formats[suffix] == "" || refused[time] {
			continue
		}
		body, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		read, err := readPage(body, formats[suffix])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(folder, entry.Name()), err)
		}
		read.atMS = atMS
		pages = append(pages, read)
	}
	slices.SortFunc(pages, func(a, b *page) int { return int(a.atMS - b.atMS) })
	return pages, nil
}

// readRefused reads when the endpoint gave another answer than a page.
func readRefused(status string) (map[string]bool, error) {
	lines, err := os.ReadFile(status)
	if err != nil {
		return nil, err
	}
	refused := map[string]bool{}
	for line := range strings.Lines(string(lines)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] != "200" {
			refused[fields[0]] = true
		}
	}
	return refused, nil
}

// readPage reads with Prometheus' own parsers.
func readPage(body []byte, contentType string) (*page, error) {
	parser, err := textparse.New(body, contentType, labels.NewSymbolTable(),
		textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true})
	if err != nil {
		return nil, err
	}
	p := &page{series: map[string]*series{}, families: map[string]bool{}}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		switch entry {
		case textparse.EntryType:
			if name, kind := parser.Type(); kind == model.MetricTypeHistogram {
				p.families[string(name)] = true
			}
		case textparse.EntrySeries:
			p.addSample(parser)
		case textparse.EntryHistogram:
			p.addNative(parser)
		}
	}
}

func (p *page) addSample(parser textparse.Parser) {
	var all labels.Labels
	parser.Labels(&all)
	_, _, value := parser.Series()
	name := all.Get(labels.MetricName)
	if name == "process_start_time_seconds" {
		p.startedSeconds = value
	}
	family, part := splitName(name)
	if part == "" || !p.families[family] {
		return
	}
	s := p.at(family, all)
	switch part {
	case "_sum":
		s.sum = value
	case "_count":
		s.count = value
	case "_bucket":
		bound, err := strconv.ParseFloat(all.Get(labels.BucketLabel), 64)
		if err == nil {
			s.buckets[bound] = value
		}
	}
}

// splitName parts the name of a histogram's sample.
func splitName(name string) (family, part string) {
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		if family, found := strings.CutSuffix(name, part); found {
			return family, part
		}
	}
	return name, ""
}

func (p *page) addNative(parser textparse.Parser) {
	var all labels.Labels
	parser.Labels(&all)
	s := p.at(all.Get(labels.MetricName), all)
	_, _, integers, floats := parser.Histogram()
	if integers != nil {
		floats = integers.ToFloat(nil)
	}
	s.native = floats.Copy()
	s.sum, s.count = floats.Sum, floats.Count
	s.createdMS = parser.StartTimestamp()
}

// at finds or makes the series that a sample belongs to.
func (p *page) at(family string, all labels.Labels) *series {
	own := labels.NewBuilder(all).Del(labels.MetricName, labels.BucketLabel).Labels()
	key := family + own.String()
	if p.series[key] == nil {
		p.series[key] = &series{family: family, labels: own, buckets: map[float64]float64{}}
	}
	return p.series[key]
}
