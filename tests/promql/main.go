// Command promql judges the histograms of `operatorstat replay` by Prometheus' own code.
//
// Standard input is what replay printed for a recording. The program reads the pages of the
// same recording with Prometheus' parsers, works out every mean and quantile with Prometheus'
// functions, and prints what differs, is missing, or should not be there.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// closeEnough allows for another logarithm, not for another method.
const closeEnough = 1e-9

// value is one value of an instance at a time.
type value struct {
	identifier string
	atMS       int64
}

// judged are the lines of replay that come from histograms. The mean of the collector's
// pauses is one of a summary.
var (
	judged = regexp.MustCompile(
		`^PUTVAL "[^/]+/([^"]+-(?:average|percentile_[0-9_]+))" interval=\S+ ([0-9.]+):(\S+)$`)
	summary = regexp.MustCompile(`/latency-gc_pause-average$`)
)

// judge works out all values of one instance's pages.
func judge(instance string, pages []*page, percentiles []string) (map[value]float64, error) {
	expected := map[value]float64{}
	for n := 1; n < len(pages); n++ {
		now := pages[n]
		sums, means, err := increases(now, pages[n-1])
		if err != nil {
			return nil, err
		}
		for prefix, sum := range sums {
			put := func(detail string, number float64) {
				if !math.IsNaN(number) {
					name := "operator-" + instance + "/" + prefix + "-" + detail
					expected[value{name, now.atMS}] = number
				}
			}
			if means[prefix] {
				put("average", sum.mean())
			}
			for _, percentile := range percentiles {
				q, err := strconv.ParseFloat(percentile+"e-2", 64)
				if err != nil {
					return nil, err
				}
				put("percentile_"+strings.ReplaceAll(percentile, ".", "_"), sum.quantile(q))
			}
		}
	}
	return expected, nil
}

// increases sums the increases between two pages by the prefix of the values' identifiers.
func increases(now, before *page) (map[string]*increase, map[string]bool, error) {
	sums, means := map[string]*increase{}, map[string]bool{}
	for key, s := range now.series {
		prefix, hasMean := prefixOf(now, s)
		if prefix == "" {
			continue
		}
		previous := before.series[key]
		if previous != nil && (restarted(now, before) || reset(s, previous)) {
			previous = nil
		}
		member, err := since(s, previous)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", key, err)
		}
		means[prefix] = hasMean
		if sums[prefix] == nil {
			sums[prefix] = &member
		} else if err := sums[prefix].add(member); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return sums, means, nil
}

// readReplay reads the values of histograms from what replay printed; NaN is an end mark.
func readReplay(from io.Reader) (map[value]float64, error) {
	actual := map[value]float64{}
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		match := judged.FindStringSubmatch(lines.Text())
		if match == nil || summary.MatchString(match[1]) || match[3] == "U" {
			continue
		}
		seconds, err := strconv.ParseFloat(match[2], 64)
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseFloat(match[3], 64)
		if err != nil {
			return nil, err
		}
		actual[value{match[1], int64(math.Round(seconds * 1000))}] = number
	}
	return actual, lines.Err()
}

func same(a, b float64) bool {
	return math.Abs(a-b) <= closeEnough*math.Max(math.Abs(a), math.Abs(b))
}

// compare describes each difference in a line.
func compare(expected, actual map[value]float64) []string {
	var differences []string
	differ := func(at value, format string, arguments ...any) {
		differences = append(differences,
			fmt.Sprintf("%d %s: ", at.atMS, at.identifier)+fmt.Sprintf(format, arguments...))
	}
	for at, wanted := range expected {
		if got, found := actual[at]; !found {
			differ(at, "Prometheus has %.17g, replay nothing", wanted)
		} else if !same(wanted, got) {
			differ(at, "Prometheus has %.17g, replay %.17g", wanted, got)
		}
	}
	for at, got := range actual {
		if _, found := expected[at]; !found {
			differ(at, "Prometheus has nothing, replay %.17g", got)
		}
	}
	sort.Strings(differences)
	return differences
}

func run(recording string, percentiles []string) error {
	expected := map[value]float64{}
	instances, err := os.ReadDir(recording)
	if err != nil {
		return err
	}
	for _, instance := range instances {
		if !instance.IsDir() {
			continue
		}
		pages, err := readInstance(filepath.Join(recording, instance.Name()))
		if err != nil {
			return err
		}
		values, err := judge(instance.Name(), pages, percentiles)
		if err != nil {
			return err
		}
		maps.Copy(expected, values)
	}
	actual, err := readReplay(os.Stdin)
	if err != nil {
		return err
	}
	differences := compare(expected, actual)
	for _, difference := range differences {
		fmt.Println(difference)
	}
	fmt.Printf("%d values of histograms, %d differences\n", len(expected), len(differences))
	if len(differences) > 0 || len(expected) == 0 {
		return fmt.Errorf("%s: replay and Prometheus do not agree", recording)
	}
	return nil
}

func main() {
	percentiles := flag.String("percentiles", "50,90,99", "the `percentiles` replay was given")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: operatorstat replay FOLDER | promql [-percentiles P] FOLDER")
		os.Exit(64)
	}
	if err := run(flag.Arg(0), strings.Split(*percentiles, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "promql:", err)
		os.Exit(1)
	}
}
